using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

internal static class Refused
{
    public static VibeException With(ErrorReason reason, Action action)
    {
        var refusal = Assert.Throws<VibeException>(action);
        Assert.Equal(reason, refusal.Reason);
        return refusal;
    }

    public static void AsInvalid(string path, string cause, Action action)
    {
        var refusal = With(ErrorReason.JsonInvalid, action);
        Assert.Equal(path, refusal.Metadata["path"]);
        Assert.Equal(cause, refusal.Metadata["cause"]);
    }
}
