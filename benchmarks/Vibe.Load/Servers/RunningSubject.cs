using Vibe.Load.Measures;

namespace Vibe.Load.Servers;

/// <summary>A Vibe that runs already, wherever it is; its tokens are used in turn.</summary>
internal sealed class RunningSubject(Uri address, IReadOnlyList<string> tokens) : Subject(address)
{
    private int _next;

    public override Place NewPlace() => new VibePlace(Channel, tokens[_next++ % tokens.Count]);

    public override Usage? Usage() => null;
}
