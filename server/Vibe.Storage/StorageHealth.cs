using System.Data.Common;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Vibe.Storage;

/// <summary>
/// Tells that a server can serve while its database answers. A database that can be read and takes no writes counts as one
/// that answers: what is refused says so itself.
/// </summary>
internal sealed partial class StorageHealth(Database database, ILogger<StorageHealth> logger) : IHealthCheck
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
            LogUnreadable(exception);
            return HealthCheckResult.Unhealthy("The database cannot be read.", exception);
        }
    }

    [LoggerMessage(2005, LogLevel.Error, "The database cannot be read")]
    private partial void LogUnreadable(Exception exception);
}
