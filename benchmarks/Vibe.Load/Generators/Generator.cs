using Vibe.Load.Measures;

namespace Vibe.Load.Generators;

/// <summary>Calls a server as fast as it answers, with so many calls in flight.</summary>
internal abstract class Generator
{
    public abstract string Name { get; }

    /// <summary>Makes calls for about some time; callers in flight make the given calls in turn.</summary>
    /// <exception cref="LoadException">Any of them failed.</exception>
    public abstract Task<Outcome> RunAsync(
        Uri address,
        IReadOnlyList<Call> calls,
        Shape shape,
        TimeSpan length,
        CancellationToken cancellation
    );
}
