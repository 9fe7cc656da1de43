using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>
/// How PostgreSQL plans statements. Nearly all of ours read the same rows by the same index whatever their values, and cost
/// less to carry out than to plan: each is planned once on a connection. A plan that was made while a table was small must
/// be right when it is large: none reads all of a table where an index leads to a few rows, as is cheaper at first.
/// </summary>
internal static class PlanMode
{
    /// <summary>How every connection begins.</summary>
    public const string OnceForAll =
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off";

    private static readonly Statement ByValues = new("SET LOCAL plan_cache_mode = auto", []);
    private static readonly Statement OnceAgain = new("SET LOCAL plan_cache_mode = force_generic_plan", []);

    /// <summary>Gives a statement, and around it what plans it by its values where it must be.</summary>
    public static IEnumerable<Statement> For(Statement statement) =>
        statement.Sql.DependsOnValues ? [ByValues, statement, OnceAgain] : [statement];
}
