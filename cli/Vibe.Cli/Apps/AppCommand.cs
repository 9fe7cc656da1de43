using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Consent.V1;

namespace Vibe.Cli.Apps;

/// <summary><c>vibe app</c>: programs that people can allow something, each with a manifest of what it asks for.</summary>
internal static class AppCommand
{
    private static readonly Argument<FileInfo> ManifestFile = new("MANIFEST.json")
    {
        Description = "The app's id and manifest, as in samples/library.json",
    };

    private static readonly Option<bool> Update = new("--update")
    {
        Description = "Replace the manifest of an app that is there",
    };

    public static Command Build()
    {
        var add = new Command("add", "Register an app; --as is its developer")
        {
            ManifestFile,
            SharedOptions.Person,
            Update,
        };
        add.Does(AddAsync);
        var list = new Command("ls", "List apps");
        list.Does(ListAsync);
        return new Command("app", "Register and list apps") { add, list };
    }

    private static async Task AddAsync(Invocation invocation)
    {
        var (id, manifest) = Read(invocation.Get(ManifestFile));
        await using var connected = await Connected.AsOwnerAsync(invocation);
        var apps = connected.Client.Raw(invoker => new AppService.AppServiceClient(invoker));
        var app = new App { Manifest = manifest };
        var cancellation = invocation.Cancellation;
        var registered = invocation.Get(Update)
            ? (
                await apps.UpdateAppAsync(
                    new UpdateAppRequest { Name = $"apps/{id}", App = app },
                    cancellationToken: cancellation
                )
            ).App
            : (
                await apps.CreateAppAsync(
                    new CreateAppRequest { AppId = id, App = app },
                    cancellationToken: cancellation
                )
            ).App;
        if (invocation.Output.IsJson)
            invocation.Output.Line(JsonFormatter.Default.Format(registered));
        else
            invocation.Output.Line(registered.Name);
    }

    private static async Task ListAsync(Invocation invocation)
    {
        await using var vault = await Vault.OpenAsync(invocation.Place, invocation.Cancellation);
        var apps = await vault.ListAppsAsync(invocation.Cancellation);
        if (invocation.Output.IsJson)
            foreach (var app in apps)
                invocation.Output.Line(JsonFormatter.Default.Format(app));
        else
            invocation.Output.Table(
                ["App", "Name", "Asks for"],
                apps.Select(app => new[] { app.Name["apps/".Length..], app.Manifest.DisplayName, Asks(app.Manifest) })
            );
    }

    private static string Asks(Manifest manifest) =>
        string.Join(
            "; ",
            manifest.Access.Select(access =>
                $"{access.Collection}: {string.Join(",", access.Operations).ToLowerInvariant()} of {string.Join(",", access.Fields)}"
            )
        );

    private static (string Id, Manifest Manifest) Read(FileInfo file)
    {
        const string next = "vibe app add --help; samples/library.json shows one";
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(file.FullName))!.AsObject();
            var id = json["id"]?.GetValue<string>();
            json.Remove("id");
            return id is null
                ? throw CommandException.Usage($"{file.Name} lacks the member \"id\".", next)
                : (id, JsonParser.Default.Parse<Manifest>(json.ToJsonString()));
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or InvalidProtocolBufferException)
        {
            throw CommandException.Usage($"{file.Name} is no manifest: {exception.Message}", next);
        }
        catch (IOException exception)
        {
            throw CommandException.Usage($"{file.Name} cannot be read: {exception.Message}", next);
        }
    }
}
