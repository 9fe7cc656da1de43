using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;

namespace Vibe.Testing;

/// <summary>
/// A real Envoy: the one that VIBE_ENVOY names, or <c>envoy</c> on the path. It is ended by its own id, whatever happens.
/// </summary>
public sealed class Envoy : IAsyncDisposable
{
    /// <summary>What is said where there is none.</summary>
    public const string Absent = "Envoy is absent: install it, or name it by VIBE_ENVOY.";

    private const string Configuration = "envoy.yaml";
    private const string AuthorityName = "authority.pem";

    // Under load nobody looks at them.
    private const int MostAccesses = 50_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly X509Certificate2 _authority;
    private readonly Uri _admin;
    private readonly ConcurrentQueue<string> _said = new();
    private readonly Channel<string> _accesses = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostAccesses) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private readonly Task _reading;

    private Envoy(Process process, DirectoryInfo folder, X509Certificate2 authority, Uri address, Uri admin)
    {
        (_process, _folder, _authority, Address, _admin) = (process, folder, authority, address, admin);
        _reading = Task.WhenAll(
            ReadAsync(process.StandardOutput, line => _accesses.Writer.TryWrite(line)),
            ReadAsync(process.StandardError, _said.Enqueue)
        );
    }

    /// <summary>Where clients connect to.</summary>
    public Uri Address { get; }

    /// <summary>The id of its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The program, where there is one.</summary>
    public static string? Program { get; } = Find();

    /// <summary>The certificate of the authority that signed Envoy's, as a file.</summary>
    public string AuthorityFile => Path.Combine(_folder.FullName, AuthorityName);

    /// <summary>
    /// The SHA-256 of its public key, base64: by this a browser can be told to trust it (<c>--ignore-certificate-errors-spki-list</c>).
    /// </summary>
    public string Pin
    {
        get
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(
                Path.Combine(_folder.FullName, "certificate.pem")
            );
            return Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        }
    }

    /// <summary>Skips the test, visibly, where there is none.</summary>
    public static void Require()
    {
        if (Program is null)
            throw Missing.Exception(Absent);
    }

    /// <summary>Starts one in front of replicas, and returns when it answers.</summary>
    public static Task<Envoy> StartAsync(params Uri[] backends) =>
        StartAsync(backends.Select(backend => backend.Authority));

    /// <summary>Starts one in front of servers, and returns when it answers.</summary>
    /// <param name="backends">As <c>vibe gateway --backend</c> takes them.</param>
    /// <param name="options">What else <c>vibe gateway</c> takes.</param>
    /// <param name="edit">Changes what it wrote, where a test needs a number that is not its own.</param>
    public static async Task<Envoy> StartAsync(
        IEnumerable<string> backends,
        IEnumerable<string>? options = null,
        Func<string, string>? edit = null
    )
    {
        Require();
        var folder = Directory.CreateTempSubdirectory("vibe-envoy-");
        var authority = WriteCertificate(folder.FullName);
        var (port, admin) = (Ports.Free(), Ports.Free());
        await ConfigureAsync(
            folder.FullName,
            [
                "--listen",
                $"127.0.0.1:{port}",
                "--admin-port",
                $"{admin}",
                .. backends.SelectMany(backend => new[] { "--backend", backend }),
                .. options ?? [],
            ]
        );
        if (edit is not null)
            await EditAsync(Path.Combine(folder.FullName, Configuration), edit);
        // One that starts beside another may take itself for that one's successor, and end it.
        var envoy = new Envoy(
            Start(folder.FullName, "-c", Configuration, "--disable-hot-restart", "--log-level", "warning"),
            folder,
            authority,
            new Uri($"https://localhost:{port}"),
            new Uri($"http://127.0.0.1:{admin}")
        );
        await envoy.AnswersAsync();
        return envoy;
    }

    /// <summary>Has a configuration looked through; gives what Envoy says where it does not take it.</summary>
    public static async Task<string?> RefusalAsync(string configuration)
    {
        Require();
        var folder = Path.GetDirectoryName(configuration)!;
        using var authority = WriteCertificate(folder);
        using var process = Start(folder, "--mode", "validate", "-c", configuration);
        var said = process.StandardError.ReadToEndAsync();
        var written = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode == 0 ? null : $"{written}\n{await said}";
    }

    /// <summary>What a client goes by who trusts its certificate alone.</summary>
    public SslClientAuthenticationOptions Tls => Trusting(_authority);

    /// <summary>What connects to it, and trusts its certificate alone.</summary>
    public SocketsHttpHandler Handler() => new() { SslOptions = Tls, ConnectTimeout = Patience };

    /// <summary>Trusts what an authority signed, and nothing else.</summary>
    public static SslClientAuthenticationOptions Trusting(X509Certificate2 authority) =>
        new()
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            },
        };

    /// <summary>A client for REST.</summary>
    /// <param name="token">The token that it bears.</param>
    /// <param name="from">The address of the loopback that it connects from; any unless given.</param>
    public HttpClient Rest(string? token, string? from = null)
    {
        var handler = Handler();
        if (from is not null)
            handler.ConnectCallback = (context, cancellation) =>
                ConnectAsync(IPAddress.Parse(from), context.DnsEndPoint.Port, cancellation);
        var client = new HttpClient(handler) { BaseAddress = Address, DefaultRequestVersion = HttpVersion.Version20 };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    /// <summary>What it has counted so far, by names that match a regular expression.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountsAsync(string names)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(
            new Uri(_admin, $"/stats?usedonly&type=Counters&filter={Uri.EscapeDataString(names)}")
        );
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": "))
            .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
    }

    /// <summary>The next line of the access log that holds a text.</summary>
    public async Task<string> AccessAsync(string text)
    {
        string line;
        do line = await _accesses.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        while (!line.Contains(text, StringComparison.Ordinal));
        return line;
    }

    /// <summary>Waits until it sends calls to a replica: one that is healthy, and not left out for its failures.</summary>
    public async Task SendsToAsync(Uri replica)
    {
        var end = Stopwatch.StartNew();
        using var client = new HttpClient();
        string clusters;
        while (
            !(clusters = await client.GetStringAsync(new Uri(_admin, "/clusters"))).Contains(
                $"::{replica.Authority}::health_flags::healthy",
                StringComparison.Ordinal
            )
        )
        {
            if (end.Elapsed > Patience)
                throw new InvalidOperationException($"Envoy does not send calls to {replica}:\n{clusters}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>How often it has left a replica out for failures of calls, of which each second's health makes it think better.</summary>
    public async Task<long> LeftOutAsync()
    {
        const string Name = "cluster.vibe.outlier_detection.ejections_enforced_total";
        using var client = new HttpClient();
        var told = await client.GetStringAsync(new Uri(_admin, $"/stats?filter=^{Name}$"));
        return long.Parse(told.Split(':')[1], CultureInfo.InvariantCulture);
    }

    /// <exception cref="InvalidOperationException">It has ended before by itself, as none must.</exception>
    public async ValueTask DisposeAsync()
    {
        var hasEnded = _process.HasExited;
        if (!hasEnded)
            _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading;
        var exitCode = _process.ExitCode;
        _process.Dispose();
        _authority.Dispose();
        _folder.Delete(recursive: true);
        if (hasEnded)
            throw new InvalidOperationException($"Envoy has ended by itself ({exitCode}):\n{string.Join('\n', _said)}");
    }

    private static async ValueTask<Stream> ConnectAsync(IPAddress from, int port, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static string? Find() =>
        Environment.GetEnvironmentVariable("VIBE_ENVOY")
        ?? Environment
            .GetEnvironmentVariable("PATH")!
            .Split(':')
            .Select(folder => Path.Combine(folder, "envoy"))
            .FirstOrDefault(File.Exists);

    private static async Task ConfigureAsync(string folder, IEnumerable<string> options)
    {
        using var vibe = Process.Start(
            new ProcessStartInfo("dotnet", [Checkout.Command, "gateway", .. options])
            {
                WorkingDirectory = folder,
                RedirectStandardError = true,
            }
        )!;
        var errors = await vibe.StandardError.ReadToEndAsync();
        await vibe.WaitForExitAsync().WaitAsync(Patience);
        if (vibe.ExitCode != 0)
            throw new InvalidOperationException($"There is no configuration: {errors}");
    }

    private static async Task EditAsync(string file, Func<string, string> edit)
    {
        var written = await File.ReadAllTextAsync(file);
        var edited = edit(written);
        if (edited == written)
            throw new InvalidOperationException("What was to be changed is not in the configuration.");
        await File.WriteAllTextAsync(file, edited);
    }

    private static Process Start(string folder, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(Program!, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private async Task AnswersAsync()
    {
        var ready = new Uri(_admin, "/ready");
        using var client = new HttpClient();
        var end = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await client.GetAsync(ready)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (!_process.HasExited && end.Elapsed < Patience)
            {
                // It does not listen yet.
            }
            if (_process.HasExited || end.Elapsed > Patience)
                throw new InvalidOperationException($"Envoy is not ready:\n{string.Join('\n', _said)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private static async Task ReadAsync(StreamReader from, Action<string> take)
    {
        while (await from.ReadLineAsync() is { } line)
            take(line);
    }

    // An authority, which clients trust, and a certificate of a server: some take none that is its own authority.
    private static X509Certificate2 WriteCertificate(string folder)
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var root = authority.CreateSelfSigned(from, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var server = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        server.CertificateExtensions.Add(names.Build());
        server.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using var leaf = server.Create(root, from, until, [1]);
        File.WriteAllText(Path.Combine(folder, AuthorityName), root.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "certificate.pem"), leaf.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        return root;
    }
}
