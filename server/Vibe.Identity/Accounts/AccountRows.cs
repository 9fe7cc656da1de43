using Microsoft.EntityFrameworkCore;
using Vibe.Identity.Keys;

namespace Vibe.Identity.Accounts;

internal sealed class AccountRow
{
    public required string Id { get; set; }
    public required string DisplayName { get; set; }
    public required byte[] RotationKey { get; set; }
    public required byte[] VibeKey { get; set; }
    public long CreatedAt { get; set; }
}

internal sealed class DidOperationRow
{
    public required string Account { get; set; }
    public int Ordinal { get; set; }
    public required byte[] Operation { get; set; }
    public long ReceivedAt { get; set; }
}

internal static class IdentityMapping
{
    public static void Build(ModelBuilder model)
    {
        model.Entity<AccountRow>(account =>
        {
            account.ToTable("accounts");
            account.HasKey(row => row.Id);
            account.HasIndex(row => row.DisplayName);
        });
        model.Entity<DidOperationRow>(operation =>
        {
            operation.ToTable("did_operations");
            operation.HasKey(row => new { row.Account, row.Ordinal });
        });
        model.Entity<ServerKeyRow>(key =>
        {
            key.ToTable("server_keys");
            key.HasKey(row => row.Id);
        });
    }
}
