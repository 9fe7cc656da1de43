using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Vibe.Hosting.Rates;

/// <summary>
/// Whose word is taken for where a call comes from. Nobody's, unless an operator names gateways; what they say decides
/// which calls are counted together, and nothing else.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>The setting: addresses and networks (<c>10.0.0.0/8</c>), with commas between.</summary>
    public const string Setting = "Vibe:TrustedProxies";

    /// <exception cref="StartupException">The setting holds something else than addresses and networks.</exception>
    public static void AddTrustedProxies(this IHostApplicationBuilder builder)
    {
        var proxies = From(builder.Configuration);
        // Also where nobody is trusted: the framework reads the header by itself where its own variable says so.
        builder.Services.PostConfigure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = proxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor;
            options.ForwardLimit = null;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
                options.KnownIPNetworks.Add(proxy);
        });
    }

    /// <summary>Reads the address that a trusted gateway tells, from the nearest one on.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        if (From(app.Configuration).Count > 0)
            app.UseForwardedHeaders();
    }

    private static List<System.Net.IPNetwork> From(IConfiguration configuration) =>
        [
            .. (configuration[Setting] ?? "")
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(text =>
                    Parse(text)
                    ?? throw new StartupException(
                        $"'{text}' in '{Setting}' is no address and no network like '10.0.0.0/8'."
                    )
                ),
        ];

    private static System.Net.IPNetwork? Parse(string text)
    {
        if (System.Net.IPNetwork.TryParse(text, out var network))
            return network;
        return IPAddress.TryParse(text, out var address)
            ? new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null;
    }
}
