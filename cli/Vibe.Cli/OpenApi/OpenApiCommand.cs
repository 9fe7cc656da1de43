using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Vibe.Cli.Running;

namespace Vibe.Cli.OpenApi;

/// <summary><c>vibe openapi</c>: the description of REST that servers give at <c>/openapi.json</c>, made from the contract.</summary>
internal static class OpenApiCommand
{
    private static readonly JsonSerializerOptions Form = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    private static readonly Argument<string> Document = new("FILE")
    {
        Description = "The file that is written",
        DefaultValueFactory = _ => "openapi.json",
    };

    public static Command Build()
    {
        var command = new Command(
            "openapi",
            "Write the OpenAPI 3.1 document of REST, which servers give at /openapi.json"
        )
        {
            Document,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var file = Path.GetFullPath(invocation.Get(Document));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, OpenApiDocument.Make().ToJsonString(Form) + "\n", invocation.Cancellation);
        invocation.Output.Say($"wrote {file}");
    }
}
