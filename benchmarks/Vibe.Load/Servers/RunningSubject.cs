using Vibe.Load.Measures;

namespace Vibe.Load.Servers;

/// <summary>A Vibe that runs already, wherever it is; its tokens are used in turn.</summary>
internal sealed class RunningSubject(Uri address, IReadOnlyList<string> tokens) : Subject(address)
{
    private int _next;

    public override Place NewPlace()
    {
        var token = tokens[_next++ % tokens.Count];
        return new VibePlace(Channel, () => token);
    }

    public override Usage? Usage() => null;
}
