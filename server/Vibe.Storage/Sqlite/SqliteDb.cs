using Microsoft.EntityFrameworkCore;

namespace Vibe.Storage.Sqlite;

/// <summary>The model on SQLite.</summary>
public sealed class SqliteDb(DbContextOptions<SqliteDb> options, IEnumerable<ModelPart> parts) : VibeDb(options, parts);
