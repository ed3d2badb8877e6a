// A clear late afternoon: cream at the horizon, pale blue above it, deeper toward the zenith, with a warm haze around the sun.
uniform vec3 sun_direction;  // from the ground to the sun, unit
uniform vec3 sun_color;
uniform vec3 zenith_color;
uniform vec3 middle_color;
uniform vec3 horizon_color;

vec3 sky_radiance(vec3 direction) {
    float height = max(direction.z, 0.0);
    vec3 color = mix(zenith_color, middle_color, exp(-2.6 * height));
    color = mix(color, horizon_color, exp(-13.0 * height));
    float toward_sun = max(dot(direction, sun_direction), 0.0);
    float halo = toward_sun * toward_sun;
    halo *= halo;
    return color + sun_color * (0.055 * halo * halo + 0.03 * halo);
}
