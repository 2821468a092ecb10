/** The looks of the page, by day and by night. */
export const DOCS_STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d5d9df,#3a4049);--soft:light-dark(#f4f6f8,#1b1f25);--accent:light-dark(#0b5fff,#7aa7ff)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif}
code,pre,input,textarea,select,output{font:14px/1.45 ui-monospace,monospace}
a{color:var(--accent)}
section,[id^=schema-]{scroll-margin-top:8rem}
section{border-top:1px solid var(--line);padding:.5rem 0 1rem}
h2{font-size:1.05rem;margin:.8rem 0 .2rem}
h2 b{display:inline-block;min-width:4.2rem}
nav ul{list-style:none;padding:0}
nav small{opacity:.75}
label{display:block;margin:.5rem 0}
label small{display:block;opacity:.75}
input,textarea,select{width:100%;padding:.35rem .5rem;border:1px solid var(--line);border-radius:4px;background:Field;color:FieldText}
textarea{min-height:12rem}
button{padding:.35rem .9rem;margin:.3rem .5rem .3rem 0;border:1px solid var(--line);border-radius:4px;background:var(--soft);color:CanvasText;cursor:pointer}
button[type=submit]{border-color:var(--accent);background:var(--accent);color:Canvas}
pre,output{display:block;overflow:auto;max-height:32rem;padding:.7rem;background:var(--soft);border:1px solid var(--line);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}
output[hidden]{display:none}
table{border-collapse:collapse;width:100%}
td{border-top:1px solid var(--line);padding:.3rem .6rem .3rem 0;vertical-align:top}
#access{position:sticky;top:0;background:Canvas;padding:.5rem 0;z-index:1}
`;
