// The page that asks for the token: plain HTML and one style sheet, so that it works where nothing else is allowed.

/** The sign-in form; `next` is the path that it leads to, `problem` says why the last try was refused. */
export function signInPage(next: string, problem: string | null): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Longhaul · sign in</title>
<link rel="stylesheet" href="/sign-in.css">
<script src="/sign-in.js" defer></script>
</head>
<body>
<main>
<h1>Longhaul</h1>
<form method="post" action="/session">
<label for="token">Token of this server</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus${problem === null ? '' : ' aria-invalid="true" aria-describedby="problem"'}>
${problem === null ? '' : `<p id="problem" role="alert">${problem}</p>`}
<input type="hidden" name="next" value="${escaped(next)}">
<button>Sign in</button>
</form>
</main>
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
}

const escaped = (text: string) => text.replace(/[&"<>]/g, (sign) => entities[sign] ?? sign)

/** A browser keeps the part behind # to itself, and hands it on along a redirect: so links into a capture survive. */
export const signInScript = `document.forms[0].action += location.hash
`

export const signInStyle = `
:root { color-scheme: light dark; --accent: light-dark(#1a56c4, #7cabff); }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(22rem, calc(100vw - 3rem)); }
h1 { font-size: 1.25rem; }
form { display: grid; gap: .5rem; }
input, button { font: inherit; padding: .5rem .75rem; border-radius: .4rem; border: 1px solid light-dark(#8a8f98, #6b7078); }
input { background: Field; color: FieldText; }
button { margin-top: .5rem; border-color: var(--accent); background: var(--accent); color: light-dark(#fff, #0b1220); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { margin: 0; color: light-dark(#b3261e, #ff9d94); }
`
