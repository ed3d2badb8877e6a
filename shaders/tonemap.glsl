// Scene radiance to display values. It lives in every material, so that each buffer shows the same colours.
uniform float exposure;

// A rational curve with a short toe and a long shoulder: 0.18 goes to about 0.19, 1 to about 0.69, and infinity to 1.
vec3 film_curve(vec3 x) {
    return x * (x + 0.11) / (x * (x + 0.47) + 0.115);
}

vec3 encode_srgb(vec3 linear) {
    return pow(max(linear, vec3(0.0)), vec3(1.0 / 2.2));
}

vec3 tone_map(vec3 radiance) {
    return encode_srgb(film_curve(radiance * exposure));
}
