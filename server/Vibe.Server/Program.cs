using Vibe.Server;
using Vibe.Storage;

var app = VibeHost.Build(WebApplication.CreateBuilder(args));
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
