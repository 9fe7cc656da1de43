using Vibe.Server;
using Vibe.Server.Telemetry;
using Vibe.Storage;

var builder = WebApplication.CreateBuilder(args);
builder.AddVibeLogs();
var app = VibeHost.Build(builder);
try
{
    await app.AssertReadyAsync();
}
catch (StartupException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
await app.RunAsync();
return 0;
