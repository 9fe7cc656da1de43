// The page is sandboxed, so that it has no origin and with it no storage; the viewer asks for one.
for (const name of ["localStorage", "sessionStorage"]) {
  const held = new Map();
  Object.defineProperty(window, name, {
    value: {
      getItem: (key) => held.get(String(key)) ?? null,
      setItem: (key, value) => void held.set(String(key), String(value)),
      removeItem: (key) => void held.delete(String(key)),
      clear: () => held.clear(),
      key: (index) => [...held.keys()][index] ?? null,
      get length() {
        return held.size;
      },
    },
  });
}
