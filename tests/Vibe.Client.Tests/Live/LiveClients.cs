using Vibe.Testing;
using Xunit;

namespace Vibe.Client.Tests.Live;

/// <summary>Clients of a real server, and how tests read what they give.</summary>
internal static class LiveClients
{
    /// <summary>Retries at once, so that a test waits for events and not for delays.</summary>
    public static VibeClientOptions Eager { get; } =
        new()
        {
            Retry = new RetryPolicy
            {
                BaseDelay = TimeSpan.FromMilliseconds(20),
                MaxDelay = TimeSpan.FromMilliseconds(50),
            },
        };

    public static VibeClient Client(this VibeServer server, Actor actor, VibeClientOptions? options = null) =>
        new(server.GrpcAddress, actor.Token!, options);

    /// <summary>Registers and grants an app that no other test knows.</summary>
    public static Task<AllowedApp> AppAsync(this Person person, params Allow[] allowed) =>
        person.AppAsync($"app-{Guid.NewGuid():n}", allowed);

    /// <summary>The next item of a loop that has no end.</summary>
    public static async Task<T> NextAsync<T>(this IAsyncEnumerator<T> loop)
    {
        Assert.True(await loop.MoveNextAsync());
        return loop.Current;
    }

    /// <summary>Reads on up to the first item that fits.</summary>
    public static async Task<T> UntilAsync<T>(this IAsyncEnumerator<T> loop, Func<T, bool> fits)
    {
        while (true)
        {
            var item = await loop.NextAsync();
            if (fits(item))
            {
                return item;
            }
        }
    }

    /// <summary>The error that ends a loop.</summary>
    public static Task<VibeException> EndAsync<T>(this IAsyncEnumerator<T> loop) =>
        Assert.ThrowsAsync<VibeException>(() => loop.UntilAsync(_ => false));
}
