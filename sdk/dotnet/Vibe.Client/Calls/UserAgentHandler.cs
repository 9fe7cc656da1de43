using System.Reflection;
using System.Runtime.InteropServices;

namespace Vibe.Client.Calls;

/// <summary>Says on every request which client and which app it comes from.</summary>
internal sealed class UserAgentHandler(HttpMessageHandler inner, string? application) : DelegatingHandler(inner)
{
    private const string Header = "User-Agent";

    private readonly string _userAgent = Describe(application);

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        request.Headers.Remove(Header);
        request.Headers.TryAddWithoutValidation(Header, _userAgent);
        return base.SendAsync(request, cancellationToken);
    }

    private static string Describe(string? application)
    {
        var version = typeof(UserAgentHandler)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0];
        var system =
            OperatingSystem.IsWindows() ? "windows"
            : OperatingSystem.IsMacOS() ? "macos"
            : OperatingSystem.IsLinux() ? "linux"
            : RuntimeInformation.OSDescription.Split(' ')[0].ToLowerInvariant();
        var platform = $"net{Environment.Version.Major}.{Environment.Version.Minor}; {system}";
        return $"vibe-csharp/{version} ({platform}) {application}".TrimEnd();
    }
}
