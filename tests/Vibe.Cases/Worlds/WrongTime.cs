namespace Vibe.Cases.Worlds;

/// <summary>A clock that is ahead, or behind, and otherwise goes as it should.</summary>
internal sealed class WrongTime(TimeSpan ahead) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}
