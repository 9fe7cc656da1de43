using System.Text.Json.Nodes;
using Vibe.Cases.Programs;
using Vibe.Client;

namespace Vibe.Cases.CSharp;

/// <summary>A token source that gives what a scenario says, call after call.</summary>
internal sealed class ScriptedTokens(JsonArray answers)
{
    private int _asked;

    public int Asked => _asked;

    public async Task<AccessToken?> NextAsync(CancellationToken cancellation)
    {
        var turn = Interlocked.Increment(ref _asked) - 1;
        switch (answers[Math.Min(turn, answers.Count - 1)])
        {
            case null:
                return null;

            case JsonValue text:
                return new AccessToken(text.GetValue<string>());

            case JsonObject { Count: > 0 } found when found["hang"] is not null:
                await Task.Delay(Timeout.Infinite, cancellation);
                return null;

            case JsonObject found when found["fail"] is { } fail:
                throw new InvalidOperationException(fail.GetValue<string>());

            case JsonObject found:
                return new AccessToken(
                    found["value"]!.GetValue<string>(),
                    found["expiresIn"] is { } seconds
                        ? DateTimeOffset.UtcNow + TimeSpan.FromSeconds(seconds.GetValue<double>())
                        : null
                );

            case var other:
                throw new UnknownException($"{other.ToJsonString()} is nothing that a token source gives.");
        }
    }
}
