using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.V1;

namespace Vibe.Proof.NewEnemy;

/// <summary>An app of a history, and the manifest that it has now.</summary>
internal sealed class RegisteredApp(string id, bool shared)
{
    public string Id => id;

    /// <summary>Whether it asks for what others share with its person.</summary>
    public bool IsShared => shared;

    public string Digest { get; set; } = "";
}

/// <summary>What a person lets one app do, again and again in other ways, and what the app calls with.</summary>
internal sealed class Consent(Replicas replicas, Record record, Pass person, RegisteredApp app)
{
    private static readonly Operation[] All = [Operation.Read, Operation.Create, Operation.Update, Operation.Delete];
    private readonly List<Pass> _old = [];
    private string? _grant;

    /// <summary>What the app calls with now; it may have been taken back since.</summary>
    public Pass Now { get; private set; } = null!;

    public RegisteredApp App => app;

    /// <summary>
    /// Grants the app something for the first time. Where a server died meanwhile the grant may be there, and no second one
    /// is given beside it.
    /// </summary>
    public async Task BeginAsync(Random random)
    {
        while (Now is null)
        {
            await GrantAsync(random);
            if (Now is null)
                await FindAsync(random);
        }
    }

    /// <summary>Grants the app something, unless it has a grant.</summary>
    public Task GrantAsync(Random random, TimeSpan? endsIn = null) => GrantAsync(random, Terms(random, endsIn));

    /// <summary>Grants the app all that there is.</summary>
    public Task GrantAllAsync(Random random) => GrantAsync(random, Terms(random, null, 6));

    private async Task GrantAsync(Random random, Grant grant)
    {
        grant.App = $"apps/{app.Id}";
        grant.ManifestDigest = app.Digest;
        var answer = await CallAsync(
            random,
            MarkOf(grant),
            $"{app.Id} is granted {Told(grant)}",
            (invoker, options) =>
                new GrantService.GrantServiceClient(invoker)
                    .CreateGrantAsync(
                        new CreateGrantRequest { Parent = $"spaces/{person.Asker.Home}", Grant = grant },
                        options
                    )
                    .ResponseAsync
        );
        if (answer is null)
            return;
        if (Now is not null)
            lock (_old)
                _old.Add(Now);
        Take(answer.Grant);
    }

    private async Task FindAsync(Random random)
    {
        try
        {
            var grants = await new GrantService.GrantServiceClient(replicas.Any(random)).ListGrantsAsync(
                new ListGrantsRequest { Parent = $"spaces/{person.Asker.Home}" },
                Seat.Options(person)
            );
            if (grants.Grants.SingleOrDefault(grant => grant.App == $"apps/{app.Id}") is { } there)
                Take(there);
        }
        catch (RpcException)
        {
            // A server is away; the next one is asked.
        }
    }

    private void Take(Grant grant)
    {
        _grant = grant.Name;
        Now = PassOf(_grant.Split('/')[^1], TimeSpan.FromMinutes(10));
    }

    /// <summary>Changes what the app may do, and for how long.</summary>
    public Task ChangeAsync(Random random, TimeSpan? endsIn = null) => ChangeAsync(random, Terms(random, endsIn));

    /// <summary>Takes all back but the reading of one member.</summary>
    public Task NarrowAsync(Random random) => ChangeAsync(random, Terms(random, null, 0));

    private async Task ChangeAsync(Random random, Grant grant)
    {
        if (_grant is null)
            return;
        await CallAsync(
            random,
            MarkOf(grant),
            $"{app.Id} is now granted {Told(grant)}",
            (invoker, options) =>
                new GrantService.GrantServiceClient(invoker)
                    .UpdateGrantAsync(new UpdateGrantRequest { Name = _grant, Grant = grant }, options)
                    .ResponseAsync
        );
    }

    public async Task RevokeAsync(Random random)
    {
        if (_grant is null)
            return;
        await CallAsync(
            random,
            $"revoke {_grant.Split('/')[^1]}",
            $"{app.Id} is revoked",
            (invoker, options) =>
                new GrantService.GrantServiceClient(invoker)
                    .RevokeGrantAsync(new RevokeGrantRequest { Name = _grant }, options)
                    .ResponseAsync
        );
    }

    /// <summary>Registers the app; where a server died meanwhile nobody knows whether it is there, and both are tried.</summary>
    public async Task RegisterAsync(Pass developer, Random random)
    {
        for (var isNew = true; app.Digest.Length == 0; isNew = !isNew)
            await AskForAsync(developer, random, isNew, 0);
    }

    /// <summary>Changes what the app asks for; its developer does.</summary>
    public Task AskForAsync(Pass developer, Random random) => AskForAsync(developer, random, false, random.Next(4));

    /// <summary>Has the app ask for no more than the reading of two members.</summary>
    public Task AskForLessAsync(Pass developer, Random random) => AskForAsync(developer, random, false, 1);

    private async Task AskForAsync(Pass developer, Random random, bool isNew, int kind)
    {
        var manifest = new Manifest { DisplayName = app.Id, Description = $"m{record.NextNumber()}" };
        manifest.Access.Add(Requests(kind));
        var answer = await CallAsync(
            developer,
            random,
            manifest.Description,
            $"{app.Id} asks for {manifest.Access}",
            async (invoker, options) =>
            {
                var client = new AppService.AppServiceClient(invoker);
                var registered = new App { Manifest = manifest };
                return isNew
                    ? (
                        await client.CreateAppAsync(new CreateAppRequest { AppId = app.Id, App = registered }, options)
                    ).App
                    : (
                        await client.UpdateAppAsync(
                            new UpdateAppRequest { Name = $"apps/{app.Id}", App = registered },
                            options
                        )
                    ).App;
            }
        );
        if (answer is not null)
            app.Digest = answer.ManifestDigest;
    }

    /// <summary>What the app calls with, most often the present pass, at times one that must not be good.</summary>
    public Pass Any(Random random)
    {
        Pass[] old;
        lock (_old)
            old = [.. _old];
        var grant = Now.Asker.Grant;
        return random.Next(20) switch
        {
            0 or 1 or 2 when old.Length > 0 => old[random.Next(old.Length)],
            0 => PassOf(grant, TimeSpan.FromSeconds(-random.Next(32, 280))),
            1 => PassOf(grant, TimeSpan.FromSeconds(-random.Next(1, 25))),
            2 => PassOf(null, TimeSpan.FromMinutes(1)),
            3 => Pass("vibe", grant, TimeSpan.FromMinutes(1)),
            _ => Now,
        };
    }

    /// <summary>What the app opens a stream with: at times a pass that ends soon.</summary>
    public Pass ForStream(Random random) =>
        random.Next(12) == 0 ? PassOf(Now.Asker.Grant, TimeSpan.FromSeconds(1.5)) : Any(random);

    private Pass PassOf(string? grant, TimeSpan endsIn) => Pass(app.Id, grant, endsIn);

    private Pass Pass(string client, string? grant, TimeSpan endsIn)
    {
        var (token, ends) = replicas.Token(person.Asker.Person, client, grant, endsIn);
        return new Pass(new Asker(person.Asker.Person, client, grant, ends), token);
    }

    // A grant is known again in the order by the time of its end, which is unlike any other.
    private Grant Terms(Random random, TimeSpan? endsIn, int? kind = null)
    {
        var ends =
            Moments.Now
            + (long)(endsIn ?? TimeSpan.FromDays(random.Next(2, 300))).TotalMicroseconds
            + record.NextNumber();
        var grant = new Grant
        {
            ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(ends * 10)),
        };
        grant.Access.Add(Entries(kind ?? random.Next(7)));
        return grant;
    }

    private IEnumerable<GrantedAccess> Entries(int kind) =>
        kind switch
        {
            0 => [Entry([Operation.Read], "/a")],
            1 => [Entry([Operation.Read], "/a", "/b"), Entry([Operation.Update], "/a")],
            2 => [Entry([Operation.Update, Operation.Create], "/a")],
            3 => [Entry(All, "*"), Never([Operation.Read], "/b")],
            4 => [Entry(All, "*"), Never([Operation.Update], "*")],
            _ => [Entry(All, "*")],
        };

    private GrantedAccess Entry(Operation[] operations, params string[] fields)
    {
        var entry = new GrantedAccess
        {
            Collection = "notes",
            Mode = AccessMode.Always,
            IncludeShared = app.IsShared,
        };
        entry.Operations.Add(operations);
        entry.Fields.Add(fields);
        return entry;
    }

    private static GrantedAccess Never(Operation[] operations, params string[] fields)
    {
        var entry = new GrantedAccess { Collection = "notes", Mode = AccessMode.Never };
        entry.Operations.Add(operations);
        entry.Fields.Add(fields);
        return entry;
    }

    private IEnumerable<RequestedAccess> Requests(int kind) =>
        kind switch
        {
            1 => [Request([Operation.Read], "/a", "/b")],
            2 => [Request(All, "/a"), Request([Operation.Read], "/c")],
            _ => [Request(All, "*")],
        };

    private RequestedAccess Request(Operation[] operations, params string[] fields)
    {
        var entry = new RequestedAccess
        {
            Collection = "notes",
            Purpose = "for a proof",
            IncludeShared = app.IsShared,
        };
        entry.Operations.Add(operations);
        entry.Fields.Add(fields);
        return entry;
    }

    private static string MarkOf(Grant grant) =>
        FormattableString.Invariant(
            $"grant {(grant.ExpireTime.ToDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks / 10}"
        );

    private static string Told(Grant grant) =>
        string.Join(
            ' ',
            grant.Access.Select(entry =>
                $"{entry.Mode} {string.Join(',', entry.Operations)} {string.Join(',', entry.Fields)};"
            )
        );

    private Task<T?> CallAsync<T>(
        Random random,
        string mark,
        string story,
        Func<CallInvoker, CallOptions, Task<T>> call
    )
        where T : class => CallAsync(person, random, mark, story, call);

    private async Task<T?> CallAsync<T>(
        Pass caller,
        Random random,
        string mark,
        string story,
        Func<CallInvoker, CallOptions, Task<T>> call
    )
        where T : class
    {
        var begin = Moments.Now;
        try
        {
            var answer = await call(replicas.Any(random), Seat.Options(caller));
            record.Add(new PolicyCall(mark, begin, Moments.Now, story));
            return answer;
        }
        catch (RpcException exception) when (Seat.ReasonOf(exception) is { } reason)
        {
            if (reason is "INTERNAL" or "STORAGE_UNAVAILABLE" or "OUTCOME_UNKNOWN")
                record.Fail($"{story} was answered with {reason}: {exception.Status.Detail}");
        }
        catch (RpcException exception)
        {
            if (!replicas.WereKilled(begin, Moments.Now))
                record.Fail($"{story} broke: {exception.Status}");
            record.Add(new PolicyCall(mark, begin, Call.Never, story));
        }
        return null;
    }
}
