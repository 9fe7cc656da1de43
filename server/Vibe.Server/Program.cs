using Vibe.Hosting;
using Vibe.Server;
using Vibe.Server.Telemetry;

try
{
    var builder = VibeHost.CreateBuilder(new WebApplicationOptions { Args = args });
    builder.AddVibeLogs();
    var app = VibeHost.Build(builder);
    await app.AssertReadyAsync();
    await app.RunAsync();
    return 0;
}
catch (StartupException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
