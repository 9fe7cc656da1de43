using Vibe.Hosting;
using Vibe.Server;

try
{
    var app = VibeHost.Build(WebApplication.CreateBuilder(args));
    await app.AssertReadyAsync();
    await app.RunAsync();
    return 0;
}
catch (StartupException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
