namespace Vibe.Hosting;

/// <summary>The limits that hold for every method alike.</summary>
public static class Limits
{
    /// <summary>The largest message that the server takes or sends, in bytes: what gRPC clients take by default.</summary>
    public const int MessageBytes = 4 * 1024 * 1024;

    /// <summary>How large a page grows at most, in bytes, as JSON and on the wire.</summary>
    public const int PageBytes = 3 * 1024 * 1024;

    /// <summary>The page size taken when a request gives none.</summary>
    public const int DefaultPageSize = 100;

    /// <summary>The largest page; a greater size is taken as this one.</summary>
    public const int MaxPageSize = 1000;

    /// <summary>How many consistency tokens one request may quote.</summary>
    public const int ConsistencyTokens = 32;

    /// <summary>The time a call gets when its caller sets no deadline.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The longest deadline of a call.</summary>
    public static readonly TimeSpan MaxDeadline = TimeSpan.FromMinutes(5);

    /// <summary>How long the outcome of a write is remembered by its idempotency key.</summary>
    public static readonly TimeSpan IdempotencyWindow = TimeSpan.FromHours(24);

    /// <summary>Gives the page size that a request asks for.</summary>
    /// <exception cref="Errors.VibeException">The size is negative.</exception>
    public static int PageSize(int asked) =>
        asked switch
        {
            < 0 => throw Errors.CallErrors.FieldInvalid("page_size", "it must not be negative; 0 means 100."),
            0 => DefaultPageSize,
            _ => Math.Min(asked, MaxPageSize),
        };
}
