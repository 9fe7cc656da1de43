using Microsoft.EntityFrameworkCore;

namespace Vibe.Consent.Refusals;

internal sealed class RefusalRow
{
    public required string Space { get; set; }
    public long Minute { get; set; }
    public required string App { get; set; }
    public required string GrantId { get; set; }
    public required string Rpc { get; set; }
    public required string Reason { get; set; }
    public long Count { get; set; }
}

internal static class RefusalMapping
{
    public static void Build(ModelBuilder model) =>
        model.Entity<RefusalRow>(refusal =>
        {
            refusal.ToTable("refusals");
            refusal.HasKey(row => new
            {
                row.Space,
                row.Minute,
                row.App,
                row.GrantId,
                row.Rpc,
                row.Reason,
            });
            refusal.HasIndex(row => row.Minute);
        });
}
