export function page(details, reviews) {
  return `<!doctype html>
<html lang="en">
<title>The Comedy of Errors</title>
<h1>The Comedy of Errors</h1>
<h2>Details</h2>
${details.status === 200 ? definitions(details.body) : missing('details', details)}
<h2>Reviews</h2>
${reviews.status === 200 ? reviews.body.reviews.map(review).join('\n') : missing('reviews', reviews)}
</html>
`
}

const definitions = book =>
  `<dl>${Object.entries(book)
    .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
    .join('')}</dl>`

const review = ({reviewer, text, rating}) =>
  `<blockquote>${escaped(text)} <cite>${escaped(reviewer)}</cite>${rating ? ` ${stars(rating)}` : ''}</blockquote>`

const stars = ({stars, colour, error}) =>
  error
    ? `<em>(${escaped(error)})</em>`
    : `<span style="color: ${escaped(colour)}">${'*'.repeat(stars)}</span>`

const missing = (name, {status, error}) =>
  `<p class="missing">${name} did not answer: ${escaped(status || error)}</p>`

const entities = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}
const escaped = value => String(value).replace(/[&<>"']/g, character => entities[character])
