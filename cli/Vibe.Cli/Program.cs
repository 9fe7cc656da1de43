using Vibe.Cli;
using Vibe.Cli.Running;

return await Runner.RunAsync(CommandLine.Build(), args);
