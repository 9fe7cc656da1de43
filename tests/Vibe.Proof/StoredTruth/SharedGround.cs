using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Proof.Mutants;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>A server that many histories share, and to which nothing happens.</summary>
internal sealed class SharedGround(VibeServer server) : Ground
{
    public override VibeServer Server => server;
    public override GrpcChannel Channel => server.Channel;

    /// <summary>
    /// Starts one whose timers stand still: no sweep finds what a signal should have told, so what is lost is lost for good.
    /// </summary>
    public static async Task<SharedGround> StartAsync(Engine engine)
    {
        var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                ExpectsErrors = MutantSwitch.Active is not null,
                Services = services => services.AddSingleton<TimeProvider>(new StillTimers()),
            }
        );
        await AuditAsync(server);
        return new SharedGround(server);
    }

    public override ValueTask DisposeAsync() => server.DisposeAsync();
}

/// <summary>The real clock, with timers that never fire.</summary>
internal sealed class StillTimers : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Still();

    private sealed class Still : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
