using System.Data.Common;

namespace Vibe.Storage.Sessions;

/// <summary>A query that goes out together with others.</summary>
/// <param name="Sql">The query.</param>
/// <param name="Values">Its parameters.</param>
/// <param name="Row">Who is told each of its rows.</param>
public readonly record struct Ask(Sql Sql, Value[] Values, Action<DbDataReader> Row);
