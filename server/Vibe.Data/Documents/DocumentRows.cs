using Microsoft.EntityFrameworkCore;

namespace Vibe.Data.Documents;

internal sealed class DocumentRow
{
    public required string Space { get; set; }
    public required string Collection { get; set; }
    public required string Id { get; set; }
    public long Revision { get; set; }
    public long ChangedAt { get; set; }
    public long ContentRevision { get; set; }
    public long ContentAt { get; set; }
    public long CreatedRevision { get; set; }
    public long CreatedAt { get; set; }
    public long? DeletedRevision { get; set; }
    public required byte[] Body { get; set; }
    public required byte[] Etag { get; set; }
    public required byte[] Stamps { get; set; }
    public byte[]? AccessList { get; set; }
    public long ListRevision { get; set; }
    public long ListAt { get; set; }
}

internal sealed class DocumentListRow
{
    public required string Space { get; set; }
    public required string Collection { get; set; }
    public required string Id { get; set; }
    public long Revision { get; set; }
    public long At { get; set; }
    public required byte[] AccessList { get; set; }
}

internal static class DocumentMapping
{
    public static void Build(ModelBuilder model)
    {
        model.Entity<DocumentRow>(document =>
        {
            document.ToTable("documents");
            document.HasKey(row => new
            {
                row.Space,
                row.Collection,
                row.Id,
            });
            document
                .HasIndex(row => new
                {
                    row.Space,
                    row.Collection,
                    row.Revision,
                })
                .IsUnique();
            document.HasIndex(row => new
            {
                row.Space,
                row.Collection,
                row.ContentRevision,
            });
        });
        model.Entity<DocumentListRow>(list =>
        {
            list.ToTable("document_lists");
            list.HasKey(row => new
            {
                row.Space,
                row.Collection,
                row.Id,
                row.Revision,
            });
        });
    }
}
