using Microsoft.EntityFrameworkCore;

namespace Vibe.Storage.Postgres;

/// <summary>The model on PostgreSQL. Text is compared by bytes, as everywhere else.</summary>
public sealed class PostgresDb(DbContextOptions<PostgresDb> options, IEnumerable<ModelPart> parts)
    : VibeDb(options, parts)
{
    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        var texts = modelBuilder
            .Model.GetEntityTypes()
            .SelectMany(type => type.GetProperties())
            .Where(property => property.ClrType == typeof(string));
        foreach (var property in texts)
            property.SetCollation("C");
    }
}
