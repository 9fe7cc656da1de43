using System.CommandLine;
using System.Net;
using Vibe.Cli.Running;

namespace Vibe.Cli.Gateways;

/// <summary><c>vibe gateway</c>: the configuration of an Envoy in front of servers, made from the contract.</summary>
internal static class GatewayCommand
{
    private const string DescriptorFile = "contract.binpb";
    private const int MostCalls = 10_000_000;

    private static readonly Argument<string> Configuration = new("FILE")
    {
        Description = $"The file that is written; {DescriptorFile} comes beside it",
        DefaultValueFactory = _ => "envoy.yaml",
    };

    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "The address that clients connect to, by TLS over TCP and by QUIC over UDP",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => "0.0.0.0:443",
    };

    private static readonly Option<string[]> Backend = new("--backend")
    {
        Description = "The gRPC address of a server, once for each replica; ROLE= before it for a server of one role",
        HelpName = "[ROLE=]HOST:PORT",
        DefaultValueFactory = _ => ["vibe:5280"],
    };

    private static readonly Option<int> AdminPort = new("--admin-port")
    {
        Description = "The port of Envoy's own page, which is open on the loopback alone",
        HelpName = "PORT",
        DefaultValueFactory = _ => 9901,
    };

    private static readonly Option<int> AddressRate = new("--address-rate")
    {
        Description = "How many calls a second one address may make, and twice as many at once",
        HelpName = "N",
        DefaultValueFactory = _ => 2000,
    };

    private static readonly Option<string> Certificate = new("--certificate")
    {
        Description = "The certificate with its chain, PEM",
        HelpName = "FILE",
        DefaultValueFactory = _ => "certificate.pem",
    };

    private static readonly Option<string> Key = new("--key")
    {
        Description = "The certificate's private key, PEM",
        HelpName = "FILE",
        DefaultValueFactory = _ => "key.pem",
    };

    private static readonly Option<string?> Telemetry = new("--telemetry")
    {
        Description = "The collector of OpenTelemetry that spans are sent to, by OTLP over gRPC",
        HelpName = "HOST:PORT",
    };

    public static Command Build()
    {
        var command = new Command(
            "gateway",
            "Write the configuration of an Envoy in front of servers. Paths in it are relative to where Envoy is started."
        )
        {
            Configuration,
            Listen,
            Backend,
            AdminPort,
            AddressRate,
            Certificate,
            Key,
            Telemetry,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var listen = EndpointOf(invocation.Get(Listen)!, "--listen");
        if (!IPAddress.TryParse(listen.Host, out _))
            throw CommandException.Usage(
                $"'{listen.Host}' is no address of this machine; 0.0.0.0 stands for all (--listen)."
            );
        if (invocation.Get(AddressRate) is < 1 or > MostCalls)
            throw CommandException.Usage($"An address makes 1 to {MostCalls} calls a second (--address-rate).");
        var settings = new GatewaySettings(
            listen,
            invocation.Get(AdminPort),
            invocation.Get(AddressRate),
            invocation.Get(Certificate)!,
            invocation.Get(Key)!,
            DescriptorFile,
            BackendsOf(invocation.Get(Backend)!),
            invocation.Get(Telemetry) is { } collector ? EndpointOf(collector, "--telemetry") : null
        );
        var file = Path.GetFullPath(invocation.Get(Configuration));
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(file)!).FullName;
        await File.WriteAllTextAsync(file, EnvoyConfiguration.Of(settings), invocation.Cancellation);
        await File.WriteAllBytesAsync(
            Path.Combine(folder, DescriptorFile),
            ContractMethods.DescriptorSet(),
            invocation.Cancellation
        );
        invocation.Output.Say($"wrote {file}, and {DescriptorFile} beside it");
        invocation.Output.Next($"cd {folder} && envoy -c {Path.GetFileName(file)}");
    }

    private static ILookup<string, Endpoint> BackendsOf(string[] given)
    {
        var backends = given
            .Select(text => text.Split('=', 2) is [var role, var address] ? (role, address) : ("", text))
            .ToLookup(pair => pair.Item1, pair => EndpointOf(pair.Item2, "--backend"));
        var roles = ContractMethods.All.Select(ContractMethods.RoleOf).ToHashSet();
        if (backends.FirstOrDefault(group => group.Key != "" && !roles.Contains(group.Key)) is { } unknown)
            throw CommandException.Usage(
                $"There is no role '{unknown.Key}' (--backend); roles are {string.Join(", ", roles)}."
            );
        if (!backends.Contains("") && roles.FirstOrDefault(role => !backends.Contains(role)) is { } missing)
            throw CommandException.Usage(
                $"Nobody answers for the role '{missing}': give --backend {missing}=HOST:PORT."
            );
        return backends;
    }

    private static Endpoint EndpointOf(string text, string option) =>
        Endpoint.Parse(text) ?? throw CommandException.Usage($"'{text}' is no HOST:PORT ({option}).");
}
