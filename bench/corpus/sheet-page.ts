/** A page that looks like a spreadsheet with made-up numbers and a chart; and what happens in it. Used by make.ts. */

export function sheetPage(): string {
  return `<!doctype html><meta charset=utf-8><style>
*{box-sizing:border-box;margin:0} body{background:#fff;color:#222;font:13px "DejaVu Sans",sans-serif;height:1080px;overflow:hidden}
#bar{height:92px;background:#f3f5f7;border-bottom:1px solid #c8ccd0;padding:10px 16px} #bar p{display:inline-block;width:26px;height:26px;margin:4px 5px;border:1px solid #aab;border-radius:4px;background:linear-gradient(#fff,#dde3ea)}
#formula{margin-top:8px;height:26px;background:#fff;border:1px solid #c8ccd0;padding:4px 10px;font-family:"DejaVu Sans Mono"}
#grid{position:absolute;top:92px;left:0;right:0;bottom:28px;overflow:hidden} table{border-collapse:collapse;table-layout:fixed;width:3400px}
td,th{width:104px;height:22px;border:1px solid #dde0e4;padding:2px 6px;white-space:nowrap;overflow:hidden;text-align:right;font-variant-numeric:tabular-nums} th{background:#eef0f3;color:#555;font-weight:400;text-align:center}
td.text{text-align:left}.bad{color:#c62828}.good{background:#e5f4e8}.warn{background:#fff4d6}.head td{background:#2f5d8a;color:#fff;font-weight:700;text-align:center} td.on{outline:2px solid #1a73e8;outline-offset:-2px}
#chart{position:absolute;left:1180px;top:420px;background:#fff;border:1px solid #aaa;box-shadow:0 2px 8px #0003}
#tabs{position:absolute;bottom:0;left:0;right:0;height:28px;background:#eef0f3;border-top:1px solid #c8ccd0;padding:5px 60px}
</style><div id=bar>${'<p></p>'.repeat(24)}<div id=formula></div></div><div id=grid><table id=t></table></div>
<svg id=chart width=640 height=400></svg><div id=tabs>Plan &nbsp;&nbsp; <b>Quarters</b> &nbsp;&nbsp; Regions</div><script>
let seed=7;const next=()=>(seed=(seed*1103515245+12345)%2147483648)/2147483648;
const places=['Aarhus','Bergen','Cork','Delft','Espoo','Faro','Genoa','Hull','Izmir','Jena'];
let html='<tr><th style="width:48px"></th>';for(let c=0;c<30;c++)html+='<th>'+(c<26?String.fromCharCode(65+c):'A'+String.fromCharCode(39+c))+'</th>';html+='</tr>';
for(let r=1;r<=160;r++){html+='<tr class="'+(r===1?'head':'')+'"><th>'+r+'</th>';for(let c=0;c<30;c++){if(r===1){html+='<td>'+(c<2?['Place','Code'][c]:'20'+(10+c%20)+' Q'+(c%4+1))+'</td>';continue}
const v=(next()-0.15)*100000;html+=c===0?'<td class=text>'+places[r%10]+'</td>':c===1?'<td class=text>P-'+(1000+r*37)+'</td>':'<td class="'+(v<0?'bad':v>76000?'good':c%11===5&&v>50000?'warn':'')+'">'+v.toLocaleString('en',{minimumFractionDigits:2,maximumFractionDigits:2})+'</td>'}html+='</tr>'}
t.innerHTML=html;
const cell=(r,c)=>t.rows[r].cells[c+1];const select=(r,c)=>{document.querySelectorAll('.on').forEach(e=>e.classList.remove('on'));cell(r,c).classList.add('on');formula.textContent=cell(r,c).textContent};
const put=(r,c,v)=>{cell(r,c).textContent=v;formula.textContent=v};
const draw=(lift)=>{let s='<text x=20 y=28 font-size=16>Quarters</text>';for(let i=0;i<14;i++){const h=80+((i*53+lift*17)%200);s+='<rect x="'+(40+i*41)+'" y="'+(370-h)+'" width=30 height="'+h+'" fill="hsl('+(205+i*6)+' 60% '+(40+i*2)+'%)"/>'}
s+='<path d="M40 300'+Array.from({length:14},(_,i)=>' L'+(55+i*41)+' '+(280-((i*37+lift*29)%150))).join('')+'" fill=none stroke="#c25" stroke-width=3 />';chart.innerHTML=s};
</script>`;
}

export const sheetScenes: readonly string[] = [
  'draw(0); select(6, 3)',
  'put(6, 3, "48,2")',
  'put(6, 3, "48,210.75"); draw(1)',
  'select(7, 3)',
  'grid.scrollTop = 66',
  'grid.scrollTop = 176',
  'select(20, 5); for (let r = 12; r < 20; r++) put(r, 5, (r * 1234.5).toFixed(2)); draw(2)',
  'grid.scrollLeft = 104',
  'grid.scrollTop = 1100; grid.scrollLeft = 416',
];
