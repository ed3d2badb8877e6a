#version 330
#ifndef BACKDROP
uniform mat4 p3d_ModelViewProjectionMatrix;
#endif

in vec4 p3d_Vertex;
in vec2 p3d_MultiTexCoord0;
out vec2 uv;

void main() {
    uv = p3d_MultiTexCoord0;
#ifdef BACKDROP
    // Behind everything, over the whole picture.
    gl_Position = vec4(p3d_Vertex.xy, 1.0, 1.0);
#else
    gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
#endif
}
