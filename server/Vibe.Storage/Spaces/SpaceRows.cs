using Microsoft.EntityFrameworkCore;

namespace Vibe.Storage.Spaces;

internal sealed class SpaceRow
{
    public required string Id { get; set; }
    public long Head { get; set; }
    public long PolicyEpoch { get; set; }
    public long ClockAt { get; set; }
}

internal sealed class IncarnationRow
{
    public required string Id { get; set; }
    public long BeganAt { get; set; }
    public required string Beat { get; set; }
}

internal sealed class SpaceIncarnationRow
{
    public required string Space { get; set; }
    public long FromRevision { get; set; }
    public required string Incarnation { get; set; }
}

internal sealed class IdempotencyKeyRow
{
    public required string Space { get; set; }
    public required string Person { get; set; }
    public required string Client { get; set; }
    public required string Key { get; set; }
    public required byte[] Digest { get; set; }
    public required string Ids { get; set; }
    public long At { get; set; }
}

internal sealed class GroupRow
{
    public required string Space { get; set; }
    public required string Id { get; set; }
    public long At { get; set; }
}

internal static class SpaceMapping
{
    public static void Build(ModelBuilder model)
    {
        model.Entity<SpaceRow>(space =>
        {
            space.ToTable("spaces");
            space.HasKey(row => row.Id);
        });
        model.Entity<IncarnationRow>(incarnation =>
        {
            incarnation.ToTable("incarnations");
            incarnation.HasKey(row => row.Id);
        });
        model.Entity<SpaceIncarnationRow>(incarnation =>
        {
            incarnation.ToTable("space_incarnations");
            incarnation.HasKey(row => new { row.Space, row.FromRevision });
        });
        model.Entity<IdempotencyKeyRow>(key =>
        {
            key.ToTable("idempotency_keys");
            key.HasKey(row => new
            {
                row.Space,
                row.Person,
                row.Client,
                row.Key,
            });
            key.HasIndex(row => row.At);
        });
        model.Entity<GroupRow>(group =>
        {
            group.ToTable("groups");
            group.HasKey(row => new { row.Space, row.Id });
            group.HasIndex(row => row.At);
        });
    }
}
