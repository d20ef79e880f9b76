// People, Apps and installations, as GitHub's API shows them.
import { type App, apiOf, type Installation, type Json, nodeId, type State, type User } from './state.ts'

export function accountShown(state: State, { id, login, type }: User): Json {
  const api = `${apiOf(state)}/users/${login}`
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${state.url}/avatars/${login}`,
    gravatar_id: '',
    url: api,
    html_url: `${state.url}/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type,
    site_admin: false,
  }
}

export function appShown(state: State, app: App): Json {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    client_id: app.clientId,
    owner: accountShown(state, app.owner),
    name: app.name,
    description: null,
    external_url: app.externalUrl,
    html_url: `${state.url}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  }
}

/** What an App does is done by its robot. */
export const robotOf = (app: App): User => ({ id: app.id, login: `${app.slug}[bot]`, type: 'User' })

export function installationShown(state: State, { id, app, account, createdAt }: Installation): Json {
  return {
    id,
    account: accountShown(state, account),
    repository_selection: 'all',
    access_tokens_url: `${apiOf(state)}/app/installations/${id}/access_tokens`,
    repositories_url: `${apiOf(state)}/installation/repositories`,
    html_url: `${state.url}/organizations/${account.login}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: app.permissions,
    events: app.events,
    created_at: createdAt,
    updated_at: createdAt,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  }
}
