using Microsoft.EntityFrameworkCore;

namespace Vibe.Consent;

internal sealed class AppRow
{
    public required string Id { get; set; }
    public required string Developer { get; set; }
    public required string ManifestDigest { get; set; }
    public long CreatedAt { get; set; }
    public long UpdatedAt { get; set; }
}

internal sealed class ManifestRow
{
    public required string Digest { get; set; }
    public required byte[] Body { get; set; }
}

internal sealed class GrantRow
{
    public required string Space { get; set; }
    public required string Id { get; set; }
    public required string App { get; set; }
    public required string ManifestDigest { get; set; }
    public required byte[] Access { get; set; }
    public long Revision { get; set; }
    public long ExpiresAt { get; set; }
    public long CreatedAt { get; set; }
    public long UpdatedAt { get; set; }
    public long? RevokedAt { get; set; }
    public required string Mark { get; set; }
}

internal static class ConsentMapping
{
    public static void Build(ModelBuilder model)
    {
        model.Entity<AppRow>(app =>
        {
            app.ToTable("apps");
            app.HasKey(row => row.Id);
        });
        model.Entity<ManifestRow>(manifest =>
        {
            manifest.ToTable("manifests");
            manifest.HasKey(row => row.Digest);
        });
        model.Entity<GrantRow>(grant =>
        {
            grant.ToTable("grants");
            grant.HasKey(row => new { row.Space, row.Id });
            grant.HasIndex(row => new { row.Space, row.Revision }).IsUnique();
            grant.Property(row => row.Mark).HasDefaultValue("");
        });
    }
}
