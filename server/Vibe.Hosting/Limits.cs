using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Vibe.Hosting;

/// <summary>The limits that hold for every method alike; the defaults hold unless an operator changes them.</summary>
public sealed class Limits : IValidatableObject
{
    /// <summary>The section of the configuration that holds these limits.</summary>
    public const string Section = "Vibe:Limits";

    /// <summary>The largest message that the server takes or sends, in bytes: what gRPC clients take by default.</summary>
    [Range(1 << 20, 64 << 20)]
    public int MessageBytes { get; init; } = 4 << 20;

    /// <summary>How large a page grows at most, in bytes, as JSON and on the wire.</summary>
    [Range(64 << 10, 48 << 20)]
    public int PageBytes { get; init; } = 3 << 20;

    /// <summary>The page size taken when a request gives none.</summary>
    [Range(1, 10_000)]
    public int DefaultPageSize { get; init; } = 100;

    /// <summary>The largest page; a greater size is taken as this one.</summary>
    [Range(1, 10_000)]
    public int MaxPageSize { get; init; } = 1000;

    /// <summary>How many writes one batch may hold.</summary>
    [Range(1, 10_000)]
    public int BatchWrites { get; init; } = 500;

    /// <summary>How many entries a manifest or a grant may hold.</summary>
    [Range(1, 1000)]
    public int AccessEntries { get; init; } = 100;

    /// <summary>How many members one entry may name.</summary>
    [Range(1, 1000)]
    public int EntryMembers { get; init; } = 200;

    /// <summary>How many people an access list may name on either side.</summary>
    [Range(1, 10_000)]
    public int AclPeople { get; init; } = 1000;

    /// <summary>How many consistency tokens one request may quote.</summary>
    [Range(1, 256)]
    public int ConsistencyTokens { get; init; } = 32;

    /// <summary>How long the outcome of a write is remembered by its idempotency key; the contract promises a day.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "31.00:00:00")]
    public TimeSpan IdempotencyWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The time a call gets when its caller sets no deadline.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest deadline of a call; a longer one is taken as this one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MaxDeadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many calls of one app run at once in a process.</summary>
    [Range(1, 100_000)]
    public int AppCalls { get; init; } = 32;

    /// <summary>How many further calls of one app wait in a process until one of those has ended.</summary>
    [Range(0, 1_000_000)]
    public int AppCallsWaiting { get; init; } = 1024;

    /// <summary>
    /// How many calls a second come in from one address whose token is missing or wrong, or not yet verified; 0 for any
    /// number.
    /// </summary>
    [Range(0, 1_000_000)]
    public int StrangerRate { get; init; } = 100;

    /// <summary>
    /// How many calls a second come in from one address, whoever makes them; 0 for any number: only an operator knows how many
    /// people share one.
    /// </summary>
    [Range(0, 1_000_000)]
    public int AddressRate { get; init; }

    /// <summary>How many calls a second one app makes for one person; 0 for any number.</summary>
    [Range(0, 1_000_000)]
    public int AppRate { get; init; } = 1000;

    /// <summary>
    /// How many calls a second are made for one person, by all apps and by the person; 0 for any number.
    /// </summary>
    [Range(0, 1_000_000)]
    public int PersonRate { get; init; }

    /// <summary>What may come at once after a rest: as much as these rates let in within this time.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads the limits.</summary>
    /// <exception cref="StartupException">One of them cannot hold.</exception>
    public static Limits From(IConfiguration configuration) => configuration.ReadSettings<Limits>(Section);

    /// <summary>Gives the page size that a request asks for.</summary>
    /// <exception cref="Errors.VibeException">The size is negative.</exception>
    public int PageSize(int asked) =>
        asked switch
        {
            < 0 => throw Errors.CallErrors.FieldInvalid(
                "page_size",
                $"it must not be negative; 0 means {DefaultPageSize}."
            ),
            0 => DefaultPageSize,
            _ => Math.Min(asked, MaxPageSize),
        };

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DefaultPageSize > MaxPageSize)
            yield return new ValidationResult($"DefaultPageSize must not exceed MaxPageSize, {MaxPageSize}.");
        if (DefaultDeadline > MaxDeadline)
            yield return new ValidationResult($"DefaultDeadline must not exceed MaxDeadline, {MaxDeadline}.");
        // A page is closed by the document that no longer fits, and carries names and tokens beside them.
        if (PageBytes > MessageBytes / 4 * 3)
            yield return new ValidationResult(
                $"PageBytes must leave a quarter of MessageBytes, {MessageBytes}, to everything else in an answer."
            );
    }
}
