// Nothing leaves the server that the page came from, and nothing comes from elsewhere.
Scalar.createApiReference("#reference", {
  url: "openapi.json",
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
  withDefaultFonts: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
  documentDownloadType: "direct",
  showExtensions: ["x-stream"],
});
