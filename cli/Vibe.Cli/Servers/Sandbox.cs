using Vibe.Access.V1;
using Vibe.Cli.Documents;
using Vibe.Cli.Tokens;
using Vibe.Client;
using Vibe.Consent.V1;
using Vibe.Identity.Accounts;
using Operation = Vibe.Access.V1.Operation;

namespace Vibe.Cli.Servers;

/// <summary>People, apps, grants and documents to play with. Filling twice changes nothing.</summary>
internal static class Sandbox
{
    private static readonly (string Id, string Json)[] Movies =
    [
        ("arrival-of-spring", """{"Title":"Arrival of Spring","Release Date":"Mar 20 1999","Rating":7.1}"""),
        ("long-night", """{"Title":"The Long Night","Release Date":"Dec 21 2003","Rating":8.4}"""),
        ("paper-boats", """{"Title":"Paper Boats","Release Date":"Jun 01 2011","Rating":6.2}"""),
    ];

    public static async Task FillAsync(LocalServer server, CancellationToken cancellation)
    {
        foreach (var name in new[] { "alice", "bob" })
        {
            var person = await PersonAsync(server.Vault, name, cancellation);
            await using var client = new VibeClient(server.Grpc, server.Vault.Tokens(person, Vault.FirstParty, null));
            if (name == "alice")
            {
                await RegisterAsync(client, "library", Library, cancellation);
                await RegisterAsync(client, "reader", Reader, cancellation);
            }
            await GrantAsync(client, "library", AllMovies, cancellation);
            if (name == "alice")
            {
                await GrantAsync(client, "reader", Titles, cancellation);
                foreach (var (id, json) in Movies)
                    await TryAsync(() =>
                        client
                            .Me.Collection<RawJson>("movies")
                            .Document(id)
                            .CreateAsync(RawJson.Of(json), cancellationToken: cancellation)
                    );
            }
        }
    }

    /// <summary>The manifest of an app that keeps films.</summary>
    public static Manifest Library =>
        new()
        {
            DisplayName = "Library",
            Description = "Keeps your films.",
            Access =
            {
                new RequestedAccess
                {
                    Collection = "movies",
                    Operations = { Operation.Read, Operation.Create, Operation.Update, Operation.Delete },
                    Fields = { "*" },
                    Purpose = "To keep your films up to date.",
                },
            },
        };

    /// <summary>The manifest of an app that reads two members of them.</summary>
    public static Manifest Reader =>
        new()
        {
            DisplayName = "Reader",
            Description = "Shows what you could watch.",
            Access =
            {
                new RequestedAccess
                {
                    Collection = "movies",
                    Operations = { Operation.Read },
                    Fields = { "/Title", "/Release Date" },
                    Purpose = "To show titles and when they came out.",
                },
            },
        };

    public static GrantedAccess AllMovies =>
        new()
        {
            Collection = "movies",
            Operations = { Operation.Read, Operation.Create, Operation.Update, Operation.Delete },
            Fields = { "*" },
            Mode = AccessMode.Always,
        };

    public static GrantedAccess Titles =>
        new()
        {
            Collection = "movies",
            Operations = { Operation.Read },
            Fields = { "/Title", "/Release Date" },
            Mode = AccessMode.Always,
        };

    public static async Task<App> RegisterAsync(
        VibeClient client,
        string id,
        Manifest manifest,
        CancellationToken cancellation
    ) =>
        (
            await client
                .Raw(invoker => new AppService.AppServiceClient(invoker))
                .CreateAppAsync(
                    new CreateAppRequest
                    {
                        AppId = id,
                        App = new App { Manifest = manifest },
                    },
                    cancellationToken: cancellation
                )
        ).App;

    public static async Task<Grant?> GrantAsync(
        VibeClient client,
        string app,
        GrantedAccess access,
        CancellationToken cancellation
    )
    {
        var registered = await client
            .Raw(invoker => new AppService.AppServiceClient(invoker))
            .GetAppAsync(new GetAppRequest { Name = $"apps/{app}" }, cancellationToken: cancellation);
        Grant? grant = null;
        await TryAsync(async () =>
        {
            var response = await client
                .Raw(invoker => new GrantService.GrantServiceClient(invoker))
                .CreateGrantAsync(
                    new CreateGrantRequest
                    {
                        Parent = "spaces/me",
                        Grant = new Grant
                        {
                            App = registered.App.Name,
                            ManifestDigest = registered.App.ManifestDigest,
                            Access = { access },
                        },
                    },
                    cancellationToken: cancellation
                );
            grant = response.Grant;
        });
        return grant;
    }

    private static async Task<Account> PersonAsync(Vault vault, string name, CancellationToken cancellation) =>
        (await vault.FindAsync(name, cancellation)).FirstOrDefault() ?? await vault.AddAsync(name, cancellation);

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Grpc.Core.RpcException there) when (VibeException.From(there).Reason == Reason.ResourceExists)
        {
            // It was there before.
        }
        catch (VibeException there) when (there.Reason == Reason.ResourceExists)
        {
            // It was there before.
        }
    }
}
