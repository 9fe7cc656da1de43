using System.Collections.Concurrent;
using Google.Rpc;
using Grpc.Core;

namespace Vibe.Durability;

/// <summary>What calls were answered with while something was missing.</summary>
internal sealed class Refusals
{
    // None is late by the server's own doing: it gives up waiting before this.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>How often each answer came.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>The reason in a refusal; its code where it carries none, which is how a broken connection looks.</summary>
    public static string Name(RpcException exception) =>
        exception.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? exception.StatusCode.ToString();

    /// <summary>The reason in the end of a stream.</summary>
    public static string Name(Google.Rpc.Status status) => status.GetDetail<ErrorInfo>()?.Reason ?? $"{status.Code}";

    /// <summary>Makes a call; tells whether it was carried out. One without any answer fails the test.</summary>
    public async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(Longest);
            return true;
        }
        catch (RpcException exception)
        {
            _counts.AddOrUpdate(Name(exception), 1, (_, times) => times + 1);
            return false;
        }
    }

    public override string ToString() => string.Join(", ", _counts.Select(each => $"{each.Value} {each.Key}"));
}
