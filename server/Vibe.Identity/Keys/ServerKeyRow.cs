namespace Vibe.Identity.Keys;

internal sealed class ServerKeyRow
{
    public required string Id { get; set; }
    public required string Kind { get; set; }
    public required byte[] Wrapped { get; set; }
    public long CreatedAt { get; set; }
}
