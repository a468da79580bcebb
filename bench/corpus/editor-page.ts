/** A page that looks like a code editor, dark, showing this project's own sources; and what happens in it. Used by make.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeXml } from '../support/svg.ts';

const WORDS =
  /(\/\/.*|\/?\*\*?.*|'[^']*'|`[^`]*`)|\b(const|let|export|import|from|type|interface|class|function|return|if|else|for|of|new|throw|readonly|async|await|while|case|switch|default|extends|private|static|undefined|this|true|false)\b|\b(\d[\d_]*|0x[\da-f]+)\b|\b([A-Z]\w*)\b|(\w+)(?=\()/gi;

function highlight(line: string): string {
  let out = '';
  let last = 0;
  for (const match of line.matchAll(WORDS)) {
    const [text, quiet, word, number, type, call] = match;
    out += escapeXml(line.slice(last, match.index));
    const kind =
      quiet !== undefined
        ? /^[/*]/.test(quiet)
          ? 'c'
          : 's'
        : word !== undefined
          ? 'k'
          : number !== undefined
            ? 'n'
            : type !== undefined && /^[A-Z]/.test(type)
              ? 't'
              : call !== undefined
                ? 'f'
                : '';
    out += kind === '' ? escapeXml(text) : `<i class=${kind}>${escapeXml(text)}</i>`;
    last = match.index + text.length;
  }
  return out + escapeXml(line.slice(last));
}

const rows = (text: string): string =>
  text
    .split('\n')
    .map((line, i) => `<div class=r><b>${i + 1}</b><span>${highlight(line)}</span></div>`)
    .join('');

export function editorPage(root: string): string {
  const source = (path: string): string => readFileSync(join(root, path), 'utf8');
  const tree = readdirSync(join(root, 'src/server'))
    .concat(readdirSync(join(root, 'src/client')))
    .map((name) => `<div class=e>${name.endsWith('.ts') ? '&#9671;' : '&#9656;'} ${name}</div>`)
    .join('');
  const minimap = source('src/server/server.ts')
    .split('\n')
    .map((line) => {
      const indent = line.length - line.trimStart().length;
      return `<u style="margin-left:${indent}px;width:${Math.min(90, line.trim().length)}px"></u>`;
    })
    .join('');
  return `<!doctype html><meta charset=utf-8><style>
*{box-sizing:border-box;margin:0} body{background:#1e1f29;color:#d4d6e0;font:14px "DejaVu Sans",sans-serif;height:1080px;overflow:hidden}
header{height:34px;background:#2a2c3a;line-height:34px;padding:0 14px;color:#a8abbd} nav{position:absolute;left:0;top:34px;width:48px;bottom:26px;background:#262838}
nav p{width:24px;height:24px;margin:16px 12px;border:2px solid #71758e;border-radius:6px}
aside{position:absolute;left:48px;top:34px;width:270px;bottom:26px;background:#23242f;padding:10px;overflow:hidden} .e{padding:3px 14px;white-space:nowrap;color:#b6b9ca}
#tabs{position:absolute;left:318px;right:0;top:34px;height:36px;background:#262838;display:flex} #tabs p{padding:9px 20px;border-right:1px solid #1a1b24;color:#8d91a8}
#tabs p.on{background:#1e1f29;color:#fff;border-top:2px solid #7aa2f7}
main{position:absolute;left:318px;right:110px;top:70px;height:760px;overflow:hidden;font:15px "DejaVu Sans Mono",monospace} .r{height:20px;line-height:20px;white-space:pre}
.r b{display:inline-block;width:56px;text-align:right;padding-right:18px;color:#565a73;font-weight:400} .r.at{background:#292b3b} i{font-style:normal}
.c{color:#6a7193;font-style:italic}.s{color:#9ece6a}.k{color:#bb9af7}.n{color:#ff9e64}.t{color:#2ac3de}.f{color:#7aa2f7}
#map{position:absolute;right:0;top:70px;width:110px;height:760px;background:#1c1d27;overflow:hidden;padding:4px} #map u{display:block;height:2px;margin-bottom:1px;background:#4c5170}
#panel{position:absolute;left:318px;right:0;top:830px;bottom:26px;border-top:1px solid #3a3d52;padding:8px 16px;font:13px/18px "DejaVu Sans Mono",monospace;white-space:pre;overflow:hidden}
footer{position:absolute;left:0;right:0;bottom:0;height:26px;background:#3d59a1;line-height:26px;padding:0 12px;color:#fff;font-size:12px}
#help{position:absolute;left:640px;top:330px;width:430px;background:#2a2c3a;border:1px solid #4c5170;box-shadow:0 8px 24px #0008;font:14px/26px "DejaVu Sans Mono",monospace;display:none} #help p{padding:0 12px} #help p:first-child{background:#3d59a1}
</style><header>sallyport &mdash; server.ts</header><nav><p></p><p></p><p></p><p></p></nav><aside>${tree}</aside>
<div id=tabs><p class=on>server.ts</p><p>session.ts</p><p>region.ts</p></div><main><div id=a>${rows(source('src/server/server.ts'))}</div><div id=z style="display:none">${rows(source('src/pixels/region.ts'))}</div></main>
<div id=map>${minimap}</div><div id=panel></div><div id=help><p>framebuffer</p><p>FramebufferUpdate</p><p>framesPerSecond</p><p>freePort</p><p>fromHex</p><p>fromUtf8</p></div>
<footer><span id=where>Ln 1, Col 1</span> &nbsp; UTF-8 &nbsp; TypeScript &nbsp; main</footer><script>
const rows=document.querySelectorAll('#a .r'); const say=(t)=>{panel.textContent+=t+'\\n'};
const at=(n)=>{rows.forEach((r,i)=>r.classList.toggle('at',i===n));where.textContent='Ln '+(n+1)+', Col 7'};
const scrollTo_=(n)=>{document.querySelector('main').scrollTop=n*20;map.scrollTop=n*1.2};
const type=(n,t)=>{const s=rows[n].querySelector('span');s.append(t)};
const tests=(n)=>{for(let i=0;i<n;i++)say('  \\u2714 '+['decodes a rectangle','rejects a length past its limit','keeps streams over rectangles','names the field of a fault'][i%4]+' ('+(i*7%13+1)+' ms)')};
</script>`;
}

export const editorScenes: readonly string[] = [
  'at(12); say("$ npm test -- codec"); tests(3)',
  'type(12, " // the view")',
  'type(12, "er asks"); tests(2)',
  'at(24); scrollTo_(3)',
  'scrollTo_(6)',
  'scrollTo_(20)',
  'help.style.display = "block"; type(30, " fra"); at(30)',
  'help.style.display = "none"; type(30, "mebuffer"); tests(4)',
  'a.style.display = "none"; z.style.display = ""; scrollTo_(0); document.querySelectorAll("#tabs p").forEach((p, i) => p.classList.toggle("on", i === 2))',
];
