using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Vibe.Storage.Postgres;
using Vibe.Storage.Spaces;
using Vibe.Storage.Sqlite;

namespace Vibe.Storage;

/// <summary>Keeps everything that outlives a process, on SQLite or PostgreSQL, and the order in which it was written.</summary>
public static class VibeStorage
{
    /// <summary>Adds the database that the configuration names, and the order of its spaces.</summary>
    public static void AddVibeStorage(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<StorageOptions>(builder.Configuration.GetSection(StorageOptions.Section));
        services.AddSingleton(new ModelPart(SpaceMapping.Build));
        services.AddSingleton(new WatchedRows("", "spaces", "head || ':' || policy_epoch"));
        services.AddSingleton<Clock>();
        services.AddSingleton<Database>(Open);
        services.AddSingleton<Migrations>();
        services.AddSingleton<Incarnation>();
        services.AddSingleton<SpaceSignal>();
        services.AddSingleton<SpaceLog>();
        services.AddHealthChecks().AddCheck<StorageHealth>("storage");
        services.AddHostedService<SpaceWatch>();
        services.AddHostedService<SpaceUpkeep>();
        // The tool that writes migrations finds the model of the engine here, as it finds that of any application.
        services.AddScoped(provider => (SqliteDb)provider.GetRequiredService<Database>().OpenContext());
        services.AddScoped(provider => (PostgresDb)provider.GetRequiredService<Database>().OpenContext());
        if (builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>()?.Postgres is not null)
        {
            services.AddSingleton(provider => (PostgresDatabase)provider.GetRequiredService<Database>());
            services.AddHostedService<PostgresSignal>();
        }
        else
            services.AddHostedService<SqliteBeat>();
    }

    private static Database Open(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
        var parts = provider.GetServices<ModelPart>();
        var clock = provider.GetRequiredService<Clock>();
        return options.Postgres is { } connectionString
            ? new PostgresDatabase(connectionString, parts, clock)
            : new SqliteDatabase(options.SqlitePath, parts, clock);
    }
}
