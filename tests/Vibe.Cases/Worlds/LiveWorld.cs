using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Access.V1;
using Vibe.Cases.Doors;
using Vibe.Cases.Scenarios;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Cases.Worlds;

/// <summary>A real server, and lines to it that can be cut.</summary>
internal sealed class LiveWorld : World
{
    private const string EverythingOf = "*";

    // A server in this process cannot be killed: one of its own stands on the same data.
    private static readonly string[] NeedAProcess = ["kill", "start", "stop"];

    private static readonly string[] NeedALine = ["cut", "refuse", "accept", "stall", "flow"];

    private readonly VibeServer _server;
    private readonly bool _isOwn;
    private readonly TimeSpan _clock;
    private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AllowedApp> _apps = new(StringComparer.Ordinal);
    private readonly Saboteur? _saboteur;
    private readonly RoleServers? _roles;
    private ServerProcess? _process;
    private TcpProxy _grpc = null!;
    private TcpProxy _web = null!;

    private LiveWorld(VibeServer server, bool isOwn, TimeSpan clock, Saboteur? saboteur, RoleServers? roles) =>
        (_server, _isOwn, _clock, _saboteur, _roles) = (server, isOwn, clock, saboteur, roles);

    /// <summary>The line by gRPC.</summary>
    public Uri Grpc => _grpc.Address;

    /// <summary>The line by gRPC-web.</summary>
    public Uri Web => _web.Address;

    public override (Uri Grpc, Uri Web) AddressOf(JsonObject setup) =>
        setup["at"] is { } role ? _roles!.AddressOf(role.GetValue<string>()) : (_grpc.Address, _web.Address);

    /// <summary>Makes the surroundings of a scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="servers">Where servers come from.</param>
    /// <param name="fault">What a saboteur between clients and server does; null without one.</param>
    /// <param name="names">Learns ids of people.</param>
    public static async Task<LiveWorld> StartAsync(Scenario scenario, LiveServers servers, string? fault, Names names)
    {
        var isProcess = scenario.Steps.Any(step => NeedAProcess.Contains(step.Surroundings));
        var isOther = scenario.Clock != TimeSpan.Zero || scenario.Settings.Count > 0;
        if (isProcess && isOther)
            throw new ScenarioException("A server that is a process has the right clock, and the settings of all.");
        var isOwn = isProcess || isOther;
        var roles = scenario.HasRoles ? await servers.RolesAsync() : null;
        if (roles is not null && (isOwn || scenario.Steps.Any(step => NeedALine.Contains(step.Surroundings))))
            throw new ScenarioException("Servers that each have a role are shared: nothing befalls them.");
        var (server, direct, directWeb) =
            roles is not null ? new Entrance(roles.Whole, roles.Whole.GrpcAddress, roles.Whole.WebAddress)
            : isOwn ? await OwnAsync(scenario)
            : await servers.SharedAsync();
        var saboteur = fault is null ? null : await Saboteur.StartAsync(server.GrpcAddress, fault);
        var world = new LiveWorld(server, isOwn, scenario.Clock, saboteur, roles);
        if (isProcess)
            world._process = await ServerProcess.StartAsync(server, Settings());
        var (grpc, web) = saboteur is null
            ? (world._process?.GrpcAddress ?? direct, world._process?.WebAddress ?? directWeb)
            : (saboteur.Grpc, saboteur.Web);
        world._grpc = new TcpProxy(grpc);
        world._web = new TcpProxy(web);
        foreach (var name in scenario.People)
        {
            var person = await server.PersonAsync(name);
            world._people[name] = person;
            names.Set($"{name}.space", person.Id);
            names.Set($"{name}.did", person.Did);
        }
        foreach (var (name, app) in scenario.Apps)
            await world.AllowAsync(name, app!.AsObject());
        return world;
    }

    public override JsonArray Tokens(string client, JsonObject setup)
    {
        var person = setup["as"]?.GetValue<string>() ?? client;
        var app = setup["app"]?.GetValue<string>();
        if (!_people.ContainsKey(person))
            throw new ScenarioException($"'{person}' is nobody.");
        if (setup["tokens"] is not JsonArray tokens)
            return [Mint(person, app, lifetime: null)];
        return
        [
            .. tokens.Select(token =>
                token is JsonObject minted && minted["lifetime"] is { } lifetime
                    ? Minted(person, app, minted, lifetime.GetValue<double>())
                    : token?.DeepClone()
            ),
        ];
    }

    public override async Task<string?> DoAsync(Step step, JsonObject arguments, Names names)
    {
        switch (step.Surroundings)
        {
            case "put":
                Known.Only(arguments, ["person", "collection", "document", "value"], "put");
                var put = PersonOf(arguments);
                await At(put)
                    .Documents.UpdateDocumentAsync(
                        new UpdateDocumentRequest
                        {
                            Name = DocumentOf(put, arguments),
                            Document = new Document
                            {
                                Json = ByteString.CopyFromUtf8(arguments["value"]!.ToJsonString()),
                            },
                            UpdatePaths = { EverythingOf },
                            AllowMissing = true,
                        }
                    );
                return null;

            case "remove":
                Known.Only(arguments, ["person", "collection", "document"], "remove");
                var remove = PersonOf(arguments);
                await At(remove)
                    .Documents.DeleteDocumentAsync(new DeleteDocumentRequest { Name = DocumentOf(remove, arguments) });
                return null;

            case "revoke":
                Known.Only(arguments, ["app"], "revoke");
                var revoked = AppOf(arguments);
                await At(revoked.Person).Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = revoked.Grant.Name });
                return null;

            case "narrow":
                Known.Only(arguments, ["app", "allow"], "narrow");
                var narrowed = AppOf(arguments);
                await At(narrowed.Person)
                    .Grants.UpdateGrantAsync(
                        new UpdateGrantRequest
                        {
                            Name = narrowed.Grant.Name,
                            Grant = new Grant { Access = { Allowed(arguments).Select(Person.ToEntry) } },
                            UpdateMask = new FieldMask { Paths = { "access" } },
                        }
                    );
                return null;

            case "cut":
                _grpc.Cut();
                _web.Cut();
                return null;

            case "refuse"
            or "accept":
                _grpc.Refuse(step.Surroundings == "refuse");
                _web.Refuse(step.Surroundings == "refuse");
                return null;

            case "stall":
                _grpc.Stall();
                _web.Stall();
                return null;

            case "flow":
                _grpc.Flow();
                _web.Flow();
                return null;

            case "pass":
                await PassAsync(arguments);
                return null;

            case "kill":
                await _process!.KillAsync();
                return null;

            case "stop":
                await _process!.StopAsync();
                return null;

            case "start":
                await _process!.DisposeAsync();
                _process = await ServerProcess.StartAsync(_server, Settings());
                _grpc.LeadTo(_process.GrpcAddress);
                _web.LeadTo(_process.WebAddress);
                return null;

            default:
                throw new ScenarioException($"'{step.Surroundings}' is nothing that the surroundings do.");
        }
    }

    /// <summary>Lists what a collection of a person holds: etags by id.</summary>
    public async Task<Dictionary<string, string>> HeldAsync(string person, string collection)
    {
        var held = new Dictionary<string, string>(StringComparer.Ordinal);
        var request = new ListDocumentsRequest { Parent = _people[person].Collection(collection), PageSize = 1000 };
        do
        {
            var page = await At(_people[person]).Documents.ListDocumentsAsync(request);
            foreach (var document in page.Documents)
                held[document.Name.Split('/')[^1]] = document.Etag;
            request.PageToken = page.NextPageToken;
        } while (request.PageToken is not "");
        return held;
    }

    /// <summary>The person as one who calls the server past the lines.</summary>
    public Actor At(string person) => At(_people[person]);

    /// <summary>Keeps what passes to clients from now on.</summary>
    public void Record()
    {
        _grpc.Record();
        _web.Record();
    }

    /// <summary>Gives when each occurrence of a text had passed to a client, as the stopwatch counts.</summary>
    public IEnumerable<long> Heard(string text) => _grpc.Heard(text).Concat(_web.Heard(text));

    public override async ValueTask DisposeAsync()
    {
        await _grpc.DisposeAsync();
        await _web.DisposeAsync();
        if (_saboteur is not null)
            await _saboteur.DisposeAsync();
        if (_process is not null)
            await _process.DisposeAsync();
        if (_isOwn)
            await _server.DisposeAsync();
    }

    private static async Task<Entrance> OwnAsync(Scenario scenario)
    {
        var server = await LiveServers.StartAsync(scenario.Clock, scenario.Settings);
        return new Entrance(server, server.GrpcAddress, server.WebAddress);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Settings() =>
        [KeyValuePair.Create("Vibe__Subscriptions__HeartbeatInterval", (string?)"00:00:01")];

    private Actor At(Person person) => _process is null ? person.Own : _process.With(person.Own.Token);

    private async Task AllowAsync(string name, JsonObject app)
    {
        Known.Only(app, ["of", "allow"], "an app");
        var of = app["of"]?.GetValue<string>() ?? _people.Keys.First();
        // Ids of apps belong to the whole server, which others use as well.
        var id = $"{name}-{Guid.NewGuid():N}";
        _apps[name] = await _people[of].AppAsync(id, [.. Allowed(app)]);
    }

    private static IEnumerable<Allow> Allowed(JsonObject app) =>
        app["allow"]!
            .AsArray()
            .Select(entry =>
            {
                var allow = entry!.AsObject();
                Known.Only(allow, ["collection", "operations", "fields", "includeShared"], "allow");
                return new Allow(
                    Known.Text(allow, "collection"),
                    [
                        .. allow["operations"]!
                            .AsArray()
                            .Select(operation =>
                                System.Enum.Parse<Operation>(operation!.GetValue<string>(), ignoreCase: true)
                            ),
                    ],
                    [.. allow["fields"]!.AsArray().Select(field => field!.GetValue<string>())]
                )
                {
                    IncludeShared = allow["includeShared"]?.GetValue<bool>() ?? false,
                };
            });

    private Person PersonOf(JsonObject arguments)
    {
        var name = arguments["person"]?.GetValue<string>() ?? _people.Keys.First();
        return _people.TryGetValue(name, out var person) ? person : throw new ScenarioException($"'{name}' is nobody.");
    }

    private AllowedApp AppOf(JsonObject arguments)
    {
        var name = Known.Text(arguments, "app");
        return _apps.TryGetValue(name, out var app) ? app : throw new ScenarioException($"'{name}' is no app.");
    }

    private static string DocumentOf(Person person, JsonObject arguments) =>
        person.Document(Known.Text(arguments, "collection"), Known.Text(arguments, "document"));

    private JsonObject Minted(string person, string? app, JsonObject token, double seconds)
    {
        Known.Only(token, ["lifetime", "untold"], "a token");
        var minted = new JsonObject { ["value"] = Mint(person, app, TimeSpan.FromSeconds(seconds)) };
        if (token["untold"] is null)
            // Its end stands on the server's clock, and is compared with the client's.
            minted["expiresIn"] = seconds + _clock.TotalSeconds;
        return minted;
    }

    private string Mint(string person, string? app, TimeSpan? lifetime)
    {
        if (app is null)
            return _server.Token(_people[person].Did, Vibe.Hosting.Access.Caller.FirstPartyClient, null, lifetime);
        return _apps.TryGetValue(app, out var allowed)
            ? allowed.WithTokenOf(lifetime).Token!
            : throw new ScenarioException($"'{app}' is no app.");
    }
}
