using System.Data.Common;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Vibe.Storage;

/// <summary>
/// Tells that a server can serve while its database answers. A database that can be read and takes no writes counts as one
/// that answers: what is refused says so itself.
/// </summary>
internal sealed class StorageHealth(Database database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            await using var snapshot = await database.ReadAsync(cancellationToken);
            await snapshot.FirstAsync("SELECT 1 FROM spaces", _ => true, [], cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (DbException exception)
        {
            return HealthCheckResult.Unhealthy("The database cannot be read.", exception);
        }
    }
}
