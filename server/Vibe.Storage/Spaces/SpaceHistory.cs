using System.Data.Common;
using System.Globalization;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>By whom a space was written, in one state of the database, as one statement read it.</summary>
/// <param name="Head">The newest revision; 0 also where there is no such space.</param>
/// <param name="NewestBy">The incarnation in which the newest revision was written.</param>
/// <param name="AskedBy">
/// The incarnation in which the revision that was asked for was written, where that is not behind the newest one.
/// </param>
public sealed record SpaceHistory(long Head, string? NewestBy, string? AskedBy)
{
    /// <summary>
    /// Reads who wrote a revision of <c>@space</c>, as a column between parentheses: this, the revision, and
    /// <see cref="Latest"/>.
    /// </summary>
    internal const string By = """
        SELECT incarnation FROM space_incarnations mark WHERE mark.space = @space AND mark.from_revision <=
        """;

    /// <summary>Ends <see cref="By"/>.</summary>
    internal const string Latest = "ORDER BY mark.from_revision DESC LIMIT 1";

    /// <summary>Reads who wrote the newest revision of the space <c>home</c>, as a column.</summary>
    internal const string NewestByColumn = $"""
        (SELECT mark.incarnation FROM space_incarnations mark
            WHERE mark.space = home.id AND mark.from_revision <= home.head {Latest})
        """;

    /// <summary>
    /// In which incarnation a space was written that does not exist, so that its moments read like those of one that does.
    /// </summary>
    public const string NoIncarnation = "0000000000000000";

    /// <summary>
    /// Tells of the moments in <c>@moments</c> one that <c>@space</c> does not hold, as a column: empty when it holds them all.
    /// </summary>
    public static readonly Sql MissingColumn = new(
        Missing("json_each(@moments) asked", "CAST(asked.value ->> 0 AS INTEGER)", "asked.value ->> 1"),
        Missing(
            "unnest(@moments_0, @moments_1) asked (revision, incarnation)",
            "asked.revision::bigint",
            "asked.incarnation"
        )
    );

    private static readonly Sql AnyMissing = Sql.Of("SELECT ", MissingColumn);

    private const string ByRevision =
        $"SELECT home.head, {NewestByColumn}, ({By} @revision {Latest}) FROM spaces home WHERE home.id = @space";

    /// <summary>Reads how far a space has come, and who wrote its newest revision and another one.</summary>
    public static async Task<SpaceHistory> ReadAsync(
        Session session,
        SpaceName space,
        long revision,
        CancellationToken cancellation
    ) =>
        await session.OnceAsync<SpaceHistory?>(
            new Question(space, revision),
            () => session.FirstAsync(ByRevision, Read, Values(space, revision), cancellation)
        ) ?? new SpaceHistory(0, null, null);

    /// <summary>Asks for it together with others, so that <see cref="ReadAsync"/> finds it known.</summary>
    public static Ask Ask(Answers answers, SpaceName space, long revision)
    {
        var question = new Question(space, revision);
        answers.Set<SpaceHistory?>(question, null);
        return new Ask(ByRevision, Values(space, revision), row => answers.Set<SpaceHistory?>(question, Read(row)));
    }

    /// <summary>Tells whether a space holds all of some moments in one state of the database.</summary>
    public static async Task<bool> HoldsAsync(
        Session session,
        SpaceName space,
        IReadOnlyCollection<Moment> moments,
        CancellationToken cancellation
    ) =>
        moments.Count == 0
        || await session.FirstAsync(
            AnyMissing,
            row => row.IsDBNull(0),
            [("@space", space.Id), ValueOf(moments)],
            cancellation
        );

    /// <summary>Gives the parameter of <see cref="MissingColumn"/>.</summary>
    public static Value ValueOf(IReadOnlyCollection<Moment> moments) =>
        (
            "@moments",
            moments
                .Select(moment => new[] { moment.Revision.ToString(CultureInfo.InvariantCulture), moment.Incarnation })
                .ToArray()
        );

    private static string Missing(string moments, string revision, string incarnation) =>
        $"""
            (SELECT {incarnation} FROM {moments}
                WHERE {revision} > COALESCE((SELECT head FROM spaces WHERE id = @space), 0)
                    OR COALESCE(({By} {revision} {Latest}), '{NoIncarnation}') <> {incarnation} LIMIT 1)
            """;

    private static SpaceHistory Read(DbDataReader row) => new(row.GetInt64(0), row.TextOrNull(1), row.TextOrNull(2));

    private static Value[] Values(SpaceName space, long revision) => [("@space", space.Id), ("@revision", revision)];

    private readonly record struct Question(SpaceName Space, long Revision);
}
