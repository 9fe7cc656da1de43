using Xunit;

namespace Vibe.Client.Tests.Scripted;

/// <summary>How long a test may hang before it fails; nothing is synchronised by it.</summary>
internal static class Patience
{
    public static CancellationToken Stop
    {
        get
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            stop.CancelAfter(TimeSpan.FromSeconds(30));
            return stop.Token;
        }
    }
}
