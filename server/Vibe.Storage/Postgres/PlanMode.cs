using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>
/// How often PostgreSQL plans a statement. Nearly all of ours read the same rows by the same index whatever their values, and
/// cost less to carry out than to plan.
/// </summary>
internal static class PlanMode
{
    /// <summary>How every connection begins: a statement is planned once.</summary>
    public const string OnceForAll = "SET plan_cache_mode = force_generic_plan";

    private static readonly Statement ByValues = new("SET LOCAL plan_cache_mode = auto", []);
    private static readonly Statement OnceAgain = new("SET LOCAL plan_cache_mode = force_generic_plan", []);

    /// <summary>Gives a statement, and around it what plans it by its values where it must be.</summary>
    public static IEnumerable<Statement> For(Statement statement) =>
        statement.Sql.DependsOnValues ? [ByValues, statement, OnceAgain] : [statement];
}
