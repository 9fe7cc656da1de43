using System.CommandLine;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Consent.V1;

namespace Vibe.Cli.Grants;

/// <summary><c>vibe grant</c>: what people allow apps.</summary>
internal static class GrantCommand
{
    private static readonly Argument<string> App = new("APP") { Description = "The app's id" };

    private static readonly Argument<string> Grant = new("GRANT")
    {
        Description = "The grant's name or id, or the id of the app that it allows",
    };

    private static readonly Option<string?> Collection = new("--collection")
    {
        Description = "Whose documents",
        HelpName = "ID",
    };

    private static readonly Option<string?> Operations = new("--operations")
    {
        Description = "Among read,create,update,delete,share",
        HelpName = "LIST",
    };

    private static readonly Option<string?> Fields = new("--fields")
    {
        Description = "Top-level members by name, separated by commas: \"Title,Release Date\"; '*' for all",
        HelpName = "LIST",
    };

    private static readonly Option<bool> IncludeShared = new("--include-shared")
    {
        Description = "Documents of other people as well, where their lists admit the person",
    };

    private static readonly Option<string?> Expires = new("--expires")
    {
        Description = "When it ends by itself: 12h, 30d",
        HelpName = "SPAN",
    };

    private static readonly Option<FileInfo?> File = new("--file")
    {
        Description = "Take access, and when it ends, from a grant as JSON",
        HelpName = "GRANT.json",
    };

    public static Command Build()
    {
        var add = new Command("add", "Grant an app access to a person's documents")
        {
            App,
            SharedOptions.Person,
            Collection,
            Operations,
            Fields,
            IncludeShared,
            Expires,
            File,
        };
        add.Does(AddAsync);
        var narrow = new Command("narrow", "Keep no more of a grant than these operations and members of a collection")
        {
            Grant,
            SharedOptions.Person,
            Collection,
            Operations,
            Fields,
            Expires,
        };
        narrow.Does(NarrowAsync);
        var revoke = new Command("revoke", "End a grant for good") { Grant, SharedOptions.Person };
        revoke.Does(RevokeAsync);
        var list = new Command("ls", "List a person's grants, the newest first, ended ones included")
        {
            SharedOptions.Person,
        };
        list.Does(ListAsync);
        return new Command("grant", "Allow apps something, and end it") { add, narrow, revoke, list };
    }

    private static async Task AddAsync(Invocation invocation)
    {
        var cancellation = invocation.Cancellation;
        var grant = Asked(invocation);
        await using var connected = await Connected.AsOwnerAsync(invocation);
        var app = await connected
            .Client.Raw(invoker => new AppService.AppServiceClient(invoker))
            .GetAppAsync(new GetAppRequest { Name = $"apps/{invocation.Get(App)}" }, cancellationToken: cancellation);
        grant.App = app.App.Name;
        grant.ManifestDigest = app.App.ManifestDigest;
        var response = await Service(connected)
            .CreateGrantAsync(
                new CreateGrantRequest
                {
                    Parent = "spaces/me",
                    Grant = grant,
                    IdempotencyKey = Guid.NewGuid().ToString("n"),
                },
                cancellationToken: cancellation
            );
        Write([response.Grant], invocation.Output);
    }

    private static async Task NarrowAsync(Invocation invocation)
    {
        var cancellation = invocation.Cancellation;
        await using var connected = await Connected.AsOwnerAsync(invocation, PersonOf(invocation));
        var grant = await FindAsync(connected, invocation.Get(Grant), cancellation);
        var request = new UpdateGrantRequest
        {
            Name = grant.Name,
            Grant = new Grant(),
            UpdateMask = new FieldMask(),
            IfMatch = grant.Etag,
        };
        if (invocation.Get(Collection) is { } collection)
        {
            var operations = invocation.Get(Operations) is { } named ? AccessText.Operations(named) : null;
            var fields = invocation.Get(Fields) is { } members ? AccessText.Fields(members) : null;
            request.Grant.Access.Add(Narrowing.Of(grant.Access, collection, operations, fields));
            request.UpdateMask.Paths.Add("access");
            if (request.Grant.Access.Count == 0)
                throw CommandException.Failed("That leaves nothing of the grant.", $"vibe grant revoke {grant.Name}");
        }
        if (ExpireTime(invocation) is { } end)
        {
            request.Grant.ExpireTime = end;
            request.UpdateMask.Paths.Add("expire_time");
        }
        if (request.UpdateMask.Paths.Count == 0)
            throw CommandException.Usage(
                "Say what shall be left: --collection with --operations or --fields, or --expires.",
                "vibe grant narrow --help"
            );
        var response = await Service(connected).UpdateGrantAsync(request, cancellationToken: cancellation);
        Write([response.Grant], invocation.Output);
    }

    private static async Task RevokeAsync(Invocation invocation)
    {
        await using var connected = await Connected.AsOwnerAsync(invocation, PersonOf(invocation));
        var grant = await FindAsync(connected, invocation.Get(Grant), invocation.Cancellation);
        var response = await Service(connected)
            .RevokeGrantAsync(new RevokeGrantRequest { Name = grant.Name }, cancellationToken: invocation.Cancellation);
        Write([response.Grant], invocation.Output);
    }

    private static async Task ListAsync(Invocation invocation)
    {
        await using var connected = await Connected.AsOwnerAsync(invocation);
        var grants = new List<Grant>();
        await foreach (var grant in AllAsync(connected, "", invocation.Cancellation))
            grants.Add(grant);
        Write(grants, invocation.Output);
    }

    private static Grant Asked(Invocation invocation)
    {
        const string next = "vibe grant add --help";
        var grant = new Grant();
        if (invocation.Get(File) is { } file)
            try
            {
                grant = JsonParser.Default.Parse<Grant>(System.IO.File.ReadAllText(file.FullName));
            }
            catch (Exception exception) when (exception is InvalidProtocolBufferException or IOException)
            {
                throw CommandException.Usage($"{file.Name} is no grant: {exception.Message}", next);
            }
        if (invocation.Get(Collection) is { } collection)
        {
            var operations = AccessText.Operations(
                invocation.Get(Operations)
                    ?? throw CommandException.Usage("Say what is allowed: --operations read,update.", next)
            );
            var fields = invocation.Get(Fields);
            if (fields is null && AccessText.HasMembers(operations))
                throw CommandException.Usage(
                    "Say which members: --fields \"Title,Release Date\", or '*' for all.",
                    next
                );
            var access = new GrantedAccess
            {
                Collection = collection,
                Mode = AccessMode.Always,
                IncludeShared = invocation.Get(IncludeShared),
            };
            access.Operations.Add(operations);
            access.Fields.Add(fields is null ? [] : AccessText.Fields(fields));
            grant.Access.Add(access);
        }
        if (grant.Access.Count == 0)
            throw CommandException.Usage("Say what is granted: --collection, or --file GRANT.json.", next);
        grant.ExpireTime = ExpireTime(invocation) ?? grant.ExpireTime;
        return grant;
    }

    private static Timestamp? ExpireTime(Invocation invocation) =>
        invocation.Get(Expires) is { } span
            ? Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow + Durations.Parse(span, "--expires"))
            : null;

    // A full name says whose grant it is.
    private static string? PersonOf(Invocation invocation) =>
        invocation.Person is null && invocation.Get(Grant).Split('/') is ["spaces", not "me", "grants", _] parts
            ? parts[1]
            : invocation.Person;

    private static async Task<Grant> FindAsync(Connected connected, string grant, CancellationToken cancellation)
    {
        var service = Service(connected);
        if (grant.Contains('/'))
            return (
                await service.GetGrantAsync(new GetGrantRequest { Name = grant }, cancellationToken: cancellation)
            ).Grant;
        await foreach (var known in AllAsync(connected, "", cancellation))
            if (
                known.Name.EndsWith($"/{grant}", StringComparison.Ordinal)
                || (known.App == $"apps/{grant}" && known.State == GrantState.Active)
            )
                return known;
        throw CommandException.Failed(
            $"There is no grant '{grant}', and no active one for such an app.",
            "vibe grant ls"
        );
    }

    private static async IAsyncEnumerable<Grant> AllAsync(
        Connected connected,
        string app,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var request = new ListGrantsRequest { Parent = "spaces/me", App = app };
        do
        {
            var page = await Service(connected).ListGrantsAsync(request, cancellationToken: cancellation);
            foreach (var grant in page.Grants)
                yield return grant;
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
    }

    private static void Write(IReadOnlyList<Grant> grants, Output output)
    {
        if (output.IsJson)
            foreach (var grant in grants)
                output.Line(JsonFormatter.Default.Format(grant));
        else
            output.Table(
                ["Grant", "App", "State", "Ends", "Allows"],
                grants.Select(grant =>
                    new[]
                    {
                        grant.Name,
                        grant.App["apps/".Length..],
                        grant.State.ToString().ToLowerInvariant(),
                        grant.ExpireTime.ToDateTimeOffset().ToString("yyyy-MM-dd"),
                        string.Join("; ", grant.Access.Select(AccessText.Show)),
                    }
                )
            );
    }

    private static GrantService.GrantServiceClient Service(Connected connected) =>
        connected.Client.Raw(invoker => new GrantService.GrantServiceClient(invoker));
}
