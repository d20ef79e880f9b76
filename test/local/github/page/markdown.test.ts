// The markdown of check runs: what is markdown becomes HTML, and everything else stays text.
import { describe, expect, test } from 'vitest'
import { renderMarkdown } from '../../../../local/github/page/markdown.ts'

describe('markdown', () => {
  test.each([
    ['## Weight', '<h2>Weight</h2>'],
    ['one\ntwo', '<p>one<br>two</p>'],
    ['one\n\ntwo', '<p>one</p>\n<p>two</p>'],
    ['**5 %** and *safe*', '<p><strong>5 %</strong> and <em>safe</em></p>'],
    ['snake_case_name and 2 * 3 * 4', '<p>snake_case_name and 2 * 3 * 4</p>'],
    ['`slipway why <shop>`', '<p><code>slipway why &#60;shop&#62;</code></p>'],
    ['``a`b``', '<p><code>a`b</code></p>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['1. a\n2. b', '<ol><li>a</li><li>b</li></ol>'],
    ['> said\n> so', '<blockquote><p>said<br>so</p></blockquote>'],
    ['---', '<hr>'],
    ['```sql\nrate(x[1m]) < 1\n```\nafter', '<pre><code>rate(x[1m]) &#60; 1</code></pre>\n<p>after</p>'],
    ['````\n```sql\n```\n````\nafter', '<pre><code>```sql\n```</code></pre>\n<p>after</p>'],
    [
      '[page](https://example.com/a?b=1)',
      '<p><a href="https://example.com/a?b=1" rel="noreferrer">page</a></p>',
    ],
    [
      '| a | b |\n|---|--:|\n| x \\| y | 1 |',
      '<table><thead><tr><th>a</th><th class="number">b</th></tr></thead>' +
        '<tbody><tr><td>x | y</td><td class="number">1</td></tr></tbody></table>',
    ],
  ])('%j', (markdown, html) => expect(renderMarkdown(markdown)).toBe(html))
})

describe('what is not markdown', () => {
  test.each([
    ['<img src=x onerror=alert(1)>', '<p>&#60;img src=x onerror=alert(1)&#62;</p>'],
    ['![x](https://example.com/x.png)', '<p>![x](https://example.com/x.png)</p>'],
    ['[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
    ['\\*not slanted\\* \\<b\\>', '<p>*not slanted* &#60;b&#62;</p>'],
    ['&lt;b&gt; &#64;everyone &copy', '<p>&lt;b&gt; &#64;everyone &#38;copy</p>'],
    [
      '```\n</code><script>x</script>',
      '<pre><code>&#60;/code&#62;&#60;script&#62;x&#60;/script&#62;</code></pre>',
    ],
    [
      '[a](https://x.example/"onclick="y)',
      '<p><a href="https://x.example/&#34;onclick=&#34;y" rel="noreferrer">a</a></p>',
    ],
  ])('%j', (markdown, html) => expect(renderMarkdown(markdown)).toBe(html))
})
